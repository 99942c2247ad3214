import { randomUUID } from 'node:crypto';
import type { MessageSent } from '@parley/protocol';
import { Installation, killIfThere } from './support/installation';

// Each waits for a limit of 15 or 20 seconds: side by side, on installations of their own.
const installations: Installation[] = [];

async function install(): Promise<Installation> {
  const installation = await Installation.start();
  installations.push(installation);
  return installation;
}

afterAll(() => Promise.all(installations.map((installation) => installation.remove())));

it.concurrent(
  'a frozen database: sends fail in bounded time, sockets stay, and it all thaws',
  async () => {
    const installation = await install();
    const { ann, bob, url } = installation;
    const stream = await installation.stream();
    const writing = stream.write(url, 4, 'closed');
    await stream.further(100);
    const socket = await bob.connect();
    for (const pid of installation.databaseProcesses()) killIfThere(pid, 'SIGSTOP');
    await socket.settle();
    const begun = performance.now();
    const input = { id: randomUUID(), text: 'into the cold' };
    const path = `/conversations/${stream.conversationId}/messages`;
    expect(await ann.error('POST', path, input)).toMatchObject({ status: 503, code: 'unavailable' });
    // A batch in flight and its own, which are given up after 20 s each.
    expect(performance.now() - begun).toBeLessThan(50_000);
    await socket.settle();
    for (const pid of installation.databaseProcesses()) killIfThere(pid, 'SIGCONT');
    stream.end();
    await writing;
    await stream.write(url, 4, 'answered');
    await stream.check(bob);
    const sent = (await ann.ok('POST', path, input)) as MessageSent;
    expect((await ann.ok('POST', path, input)) as MessageSent).toMatchObject({
      duplicate: true,
      message: { seq: sent.message.seq },
    });
    await bob.disconnect();
  },
  90_000,
);

it.concurrent(
  'a server that stood still in a transaction: the database lets go of it, and it goes on',
  async () => {
    const installation = await install();
    const { bob, url, server } = installation;
    const stream = await installation.stream();
    const session = await installation.session();
    const holder = await installation.session();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM conversation WHERE id = $1 FOR UPDATE', [stream.conversationId]);
    const writing = stream.write(url, 4, 'closed');
    const backends = (where: string) =>
      session.query(`SELECT FROM pg_stat_activity WHERE application_name = 'parley' AND ${where}`);
    while ((await backends(`wait_event_type = 'Lock'`)).rowCount === 0);
    server.child.kill('SIGSTOP');
    await holder.query('COMMIT');
    while ((await backends(`state = 'idle in transaction'`)).rowCount === 0);
    while ((await backends(`state = 'idle in transaction'`)).rowCount !== 0) await pause();
    server.child.kill('SIGCONT');
    await stream.further(100);
    stream.end();
    await writing;
    await stream.write(url, 4, 'answered');
    await stream.check(bob);
    await Promise.all([session.end(), holder.end()]);
  },
  60_000,
);

it.concurrent(
  'a statement that does not end: it fails by name, and what waited behind it does not',
  async () => {
    const installation = await install();
    const { ann, bob, url } = installation;
    const stream = await installation.stream();
    const path = `/conversations/${stream.conversationId}/messages`;
    const session = await installation.session();
    await session.query(`
    CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END';
    CREATE TRIGGER slow BEFORE INSERT ON message FOR EACH ROW WHEN (NEW.text = 'slow') EXECUTE FUNCTION sleep()`);
    const input = { id: randomUUID(), text: 'slow' };
    const failing = ann.error('POST', path, input);
    while ((await session.query(`SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'`)).rowCount === 0);
    const behind = bob.ok('POST', path, { id: randomUUID(), text: 'behind it' });
    expect(await failing).toMatchObject({ status: 503, code: 'timeout' });
    expect(((await behind) as MessageSent).message.seq).toBe(2);
    await session.query('DROP TRIGGER slow ON message');
    expect((await ann.ok('POST', path, input)) as MessageSent).toMatchObject({
      duplicate: false,
      message: { seq: 3 },
    });
    await stream.write(url, 4, 'answered');
    await stream.check(bob);
    await session.end();
  },
  60_000,
);

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
