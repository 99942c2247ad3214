import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SyncPage } from '@parley/protocol';
import { Installation } from './support/installation';
import { Person } from './support/person';
import { describeWith } from './support/require-program';
import { Stream } from './support/stream';

/** How often the server is killed; more with `KILLS=1000 npx jest --selectProjects e2e -- test/faults`. */
const KILLS = Number(process.env.KILLS ?? 8);
const CONNECTIONS = 16;

let installation: Installation;
let ann: Person;
let bob: Person;

beforeEach(async () => {
  installation = await Installation.start();
  ({ ann, bob } = installation);
});
afterEach(() => installation.remove());

it(
  `kill -9 of the server between commit and answer, ${KILLS} times`,
  async () => {
    const stream = await installation.stream();
    for (let i = 0; i < KILLS; i++) {
      const writing = stream.write(installation.url, CONNECTIONS, 'closed');
      // At another place of a commit each time.
      await stream.further(40 + 7 * (i % 11));
      await installation.restart('SIGKILL');
      await writing;
      await stream.write(installation.url, CONNECTIONS, 'answered');
      if ((i + 1) % 100 === 0) tell(`${i + 1} kills`, stream);
    }
    await stream.check(bob);
    expect(stream.acked.size).toBeGreaterThan(40 * KILLS);
  },
  30_000 + KILLS * 6_000,
);

function tell(after: string, { acked, storedWithoutAnswer }: Stream): void {
  process.stderr.write(
    `${after}: ${acked.size} acknowledged, ${storedWithoutAnswer} stored without answer\n`,
  );
}

it.each(['SIGKILL', 'SIGQUIT', 'SIGINT'] as const)(
  '%s to PostgreSQL in the middle of a batch',
  async (signal) => {
    const stream = await installation.stream();
    const writing = stream.write(installation.url, CONNECTIONS, 'closed');
    await stream.further(100);
    for (let i = 0; i < 2; i++) {
      process.kill(installation.postmaster(), signal);
      // The sockets stay, and go on by themselves.
      await stream.further(100);
    }
    expect([...stream.errors].sort()).toEqual(['unavailable']);
    await installation.restart('SIGKILL');
    await writing;
    await stream.write(installation.url, CONNECTIONS, 'answered');
    await stream.check(bob);
  },
);

it('an older backup is recognised, and what it lacks can be sent again', async () => {
  const { dir } = installation;
  const conversationId = await installation.group();
  const path = `/conversations/${conversationId}/messages`;
  const sync = (cursor?: string) =>
    ann.call('GET', `/sync${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`);
  const send = (id: string) => ann.ok('POST', path, { id, text: id });
  const [kept, lost] = [randomUUID(), randomUUID()];
  await send(kept);
  await installation.server.end();
  const backup = `${dir}-backup`;
  execFileSync('cp', ['-a', dir, backup]);
  await installation.start();
  expect(await send(lost)).toMatchObject({ duplicate: false, message: { seq: 3 } });
  const { cursor } = (await sync()).body as SyncPage;
  await installation.server.end();
  rmSync(dir, { recursive: true });
  execFileSync('mv', [backup, dir]);
  await installation.start();
  expect((await sync(cursor)).body).toMatchObject({ error: { code: 'cursor_invalid' } });
  expect((await sync()).body.conversations).toMatchObject([{ id: conversationId, lastSeq: 2 }]);
  expect(await send(kept)).toMatchObject({ duplicate: true, message: { seq: 2 } });
  expect(await send(lost)).toMatchObject({ duplicate: false, message: { seq: 3 } });
});

describeWith('faketime', 'the clock', () => {
  it('an hour off either way, and back, changes neither order nor what is told', async () => {
    const { settings } = installation;
    const folder = join(installation.dir, 'clock');
    mkdirSync(folder);
    const clock = join(folder, 'now');
    const set = (offset: string) => writeFileSync(clock, `${offset}\n`);
    const library = execFileSync('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketime.so.1'], {
      encoding: 'utf8',
    });
    Object.assign(settings, { LD_PRELOAD: library.trim(), FAKETIME_TIMESTAMP_FILE: clock });
    Object.assign(settings, {
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    });
    // A token made with another clock must outlive the hour.
    settings.ACCESS_TOKEN_TTL = '14400';
    set('+0');
    await installation.restart('SIGTERM');
    const eve = await Person.register(installation.url, 'eve');
    const { conversation } = await eve.ok('POST', '/conversations', { kind: 'group', memberIds: [bob.id] });
    const stream = new Stream(eve, conversation.id as string);
    let { cursor } = (await eve.ok('GET', '/sync')) as SyncPage;
    for (const offset of ['+1h', '-1h', '+0']) {
      set(offset);
      const writing = stream.write(installation.url, 4, 'closed');
      await stream.further(50);
      const page = (await eve.ok('GET', `/sync?cursor=${encodeURIComponent(cursor)}`)) as SyncPage;
      expect(page.conversations).toHaveLength(1);
      ({ cursor } = page);
      if (offset === '+0') await installation.restart('SIGKILL');
      else await installation.restart('SIGTERM');
      await writing;
      await stream.write(installation.url, 4, 'answered');
    }
    await stream.check(eve);
  });
});
