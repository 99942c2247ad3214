import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import { Stream } from './support/stream';

const POOL_SIZE = 2;
const CONNECTIONS = 4;

// Two processes on one database, as one would not show who hears of what another does.
let server: TestApp;
let other: TestApp;
let ann: Person;
let bob: Person;
const sessions: Client[] = [];

beforeAll(async () => {
  const settings = { JWT_SECRET: randomUUID(), DATABASE_POOL_SIZE: String(POOL_SIZE) };
  server = await startApp(settings);
  other = await startApp(settings, {}, () => Promise.resolve(server.database));
  ({ ann, bob } = await Person.registerAll(server.url, 'ann', 'bob'));
});
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.end()));
  await Promise.all([ann.disconnect(), bob.disconnect()]);
});
afterAll(async () => {
  await other.stop();
  await server.stop();
});

/** Somebody who works on the database beside the servers. */
async function session(): Promise<Client> {
  const client = new Client(server.database);
  client.on('error', () => undefined);
  await client.connect();
  sessions.push(client);
  return client;
}

/** Holds a lock until its transaction ends. */
async function hold(statement: string, values: unknown[] = []): Promise<Client> {
  const client = await session();
  await client.query('BEGIN');
  await client.query(statement, values);
  return client;
}

async function group(): Promise<string> {
  const { conversation } = await ann.ok('POST', '/conversations', { kind: 'group', memberIds: [bob.id] });
  return conversation.id as string;
}

/** Until so many of the servers' statements wait for a lock. */
async function waiting(count: number, watcher: Client): Promise<void> {
  const sql = `SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'parley' AND wait_event_type = 'Lock'`;
  while ((await watcher.query(sql)).rowCount !== count)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

function stream(conversationId: string): Stream {
  return new Stream(ann, conversationId);
}

it('a full pool refuses by name, and what other processes write, take away and revoke acts at once', async () => {
  const conversationId = await group();
  const eve = await Person.register(server.url, 'eve');
  await ann.ok('POST', `/conversations/${conversationId}/members`, { userIds: [eve.id] });
  const [bobs, eves] = [await bob.connect(), await eve.connect()];
  const elsewhere = ann.at(other.url);
  const watcher = await session();
  const holder = await hold('LOCK TABLE contact');
  const begun = performance.now();
  const requests = Array.from({ length: 60 }, () => bob.error('GET', '/contacts'));
  await waiting(POOL_SIZE, watcher);
  const text = { id: randomUUID(), text: 'from another process' };
  await elsewhere.ok('POST', `/conversations/${conversationId}/messages`, text);
  await bobs.next('message.created', ({ message }) => message.id === text.id);
  await elsewhere.ok('DELETE', `/conversations/${conversationId}/members/${eve.id}`);
  await eves.next('conversation.removed');
  await eve.at(other.url).ok('POST', '/auth/logout');
  expect(await eves.closed).toMatchObject({ code: 4409 });
  // All this while nobody else got through.
  await waiting(POOL_SIZE, watcher);
  for (const answer of await Promise.all(requests)) {
    expect(answer).toMatchObject({ status: 503, code: expect.stringMatching(/^(timeout|unavailable)$/) });
  }
  // 5 s in the pool's queue, 5 s for the lock.
  expect(performance.now() - begun).toBeLessThan(20_000);
  await holder.query('COMMIT');
  expect((await bob.call('GET', '/contacts')).status).toBe(200);
});

it('a conversation that somebody keeps locked fails by name, and holds up no other', async () => {
  const [locked, free] = [stream(await group()), stream(await group())];
  const holder = await hold('SELECT FROM conversation WHERE id = $1 FOR UPDATE', [locked.conversationId]);
  const writing = [locked, free].map((each) => each.write(server.url, CONNECTIONS, 'closed'));
  await locked.failed('timeout');
  await free.further(100);
  expect(locked.acked.size).toBe(0);
  await holder.query('COMMIT');
  await locked.further(100);
  for (const each of [locked, free]) each.end();
  await Promise.all(writing);
  for (const each of [locked, free]) await each.check(bob);
  expect([...locked.errors]).toEqual(['timeout']);
  expect([...free.errors]).toEqual([]);
  // Less than the lock was waited for.
  expect(free.slowestMs).toBeLessThan(4_000);
});

it('a database that lets nobody in fails by name, and goes on when others have left', async () => {
  const own = stream(await group());
  const others = await Promise.all(Array.from({ length: 12 }, session));
  const [watcher] = others;
  const { database } = server.database;
  const socket = await bob.connect();
  await watcher!.query(`ALTER DATABASE "${database}" CONNECTION LIMIT ${others.length}`);
  await watcher!.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'parley'`,
  );
  const writing = own.write(server.url, CONNECTIONS, 'closed');
  await own.failed('unavailable');
  expect(await bob.error('GET', '/contacts')).toMatchObject({ status: 503, code: 'unavailable' });
  await socket.settle();
  await Promise.all(sessions.splice(0).map((each) => each.end()));
  await own.further(100);
  own.end();
  await writing;
  await own.check(bob);
  expect([...own.errors]).toEqual(['unavailable']);
});
