import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { SyncPage } from '@parley/protocol';
import { Person } from './support/person';
import { describeWith } from './support/require-program';
import { removeDataDirs, ServerProcess } from './support/server-process';
import { Stream } from './support/stream';

/** How often the server is killed; more with `KILLS=1000 npx jest --selectProjects e2e -- test/faults`. */
const KILLS = Number(process.env.KILLS ?? 8);
const CONNECTIONS = 16;

let dir: string;
let settings: Record<string, string>;
let server: ServerProcess;
let ann: Person;
let bob: Person;

beforeEach(async () => {
  dir = await ServerProcess.dataDir();
  settings = { PORT: String(await freePort()), LOG_LEVEL: 'error' };
  server = await ServerProcess.start(dir, settings);
  ({ ann, bob } = await Person.registerAll(server.url, 'ann', 'bob'));
});
afterEach(async () => {
  await server.end();
  await removeDataDirs(dir);
});

/** The same after each start, so that clients find their server again. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function group(): Promise<string> {
  const { conversation } = await ann.ok('POST', '/conversations', { kind: 'group', memberIds: [bob.id] });
  return conversation.id as string;
}

async function restart(signal: NodeJS.Signals): Promise<void> {
  await server.end(signal);
  server = await ServerProcess.start(dir, settings);
}

function postmaster(): number {
  const file = execFileSync('find', [dir, '-name', 'postmaster.pid'], { encoding: 'utf8' }).trim();
  return Number(readFileSync(file, 'utf8').split('\n')[0]);
}

it(
  `kill -9 of the server between commit and answer, ${KILLS} times`,
  async () => {
    const stream = new Stream(ann, await group());
    for (let i = 0; i < KILLS; i++) {
      const writing = stream.write(server.url, CONNECTIONS, 'closed');
      // At another place of a commit each time.
      await stream.further(40 + 7 * (i % 11));
      await server.end('SIGKILL');
      await writing;
      server = await ServerProcess.start(dir, settings);
      await stream.write(server.url, CONNECTIONS, 'answered');
    }
    await stream.check(bob);
    if (KILLS > 100)
      process.stderr.write(
        `${stream.acked.size} acknowledged, ${stream.storedWithoutAnswer} stored without answer\n`,
      );
    expect(stream.acked.size).toBeGreaterThan(40 * KILLS);
  },
  30_000 + KILLS * 6_000,
);

it.each(['SIGKILL', 'SIGQUIT', 'SIGINT'] as const)(
  '%s to PostgreSQL in the middle of a batch',
  async (signal) => {
    const stream = new Stream(ann, await group());
    const writing = stream.write(server.url, CONNECTIONS, 'closed');
    await stream.further(100);
    for (let i = 0; i < 2; i++) {
      process.kill(postmaster(), signal);
      // The sockets stay, and go on by themselves.
      await stream.further(100);
    }
    expect([...stream.errors].sort()).toEqual(['unavailable']);
    await server.end('SIGKILL');
    await writing;
    server = await ServerProcess.start(dir, settings);
    await stream.write(server.url, CONNECTIONS, 'answered');
    await stream.check(bob);
  },
);

it('an older backup is recognised, and what it lacks can be sent again', async () => {
  const conversationId = await group();
  const path = `/conversations/${conversationId}/messages`;
  const sync = (cursor?: string) =>
    ann.call('GET', `/sync${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`);
  const send = (id: string) => ann.ok('POST', path, { id, text: id });
  const [kept, lost] = [randomUUID(), randomUUID()];
  await send(kept);
  await server.end();
  const backup = `${dir}-backup`;
  execFileSync('cp', ['-a', dir, backup]);
  server = await ServerProcess.start(dir, settings);
  expect(await send(lost)).toMatchObject({ duplicate: false, message: { seq: 3 } });
  const { cursor } = (await sync()).body as SyncPage;
  await server.end();
  rmSync(dir, { recursive: true });
  execFileSync('mv', [backup, dir]);
  server = await ServerProcess.start(dir, settings);
  expect((await sync(cursor)).body).toMatchObject({ error: { code: 'cursor_invalid' } });
  expect((await sync()).body.conversations).toMatchObject([{ id: conversationId, lastSeq: 2 }]);
  expect(await send(kept)).toMatchObject({ duplicate: true, message: { seq: 2 } });
  expect(await send(lost)).toMatchObject({ duplicate: false, message: { seq: 3 } });
});

describeWith('faketime', 'the clock', () => {
  it('an hour off either way, and back, changes neither order nor what is told', async () => {
    const folder = join(dir, 'clock');
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
    await restart('SIGTERM');
    const eve = await Person.register(server.url, 'eve');
    const { conversation } = await eve.ok('POST', '/conversations', { kind: 'group', memberIds: [bob.id] });
    const stream = new Stream(eve, conversation.id as string);
    let { cursor } = (await eve.ok('GET', '/sync')) as SyncPage;
    for (const offset of ['+1h', '-1h', '+0']) {
      set(offset);
      const writing = stream.write(server.url, 4, 'closed');
      await stream.further(50);
      const page = (await eve.ok('GET', `/sync?cursor=${encodeURIComponent(cursor)}`)) as SyncPage;
      expect(page.conversations).toHaveLength(1);
      ({ cursor } = page);
      if (offset === '+0') await restart('SIGKILL');
      else await restart('SIGTERM');
      await writing;
      await stream.write(server.url, 4, 'answered');
    }
    await stream.check(eve);
  });
});
