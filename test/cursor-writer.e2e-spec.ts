import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { CursorWriter, type Moved } from '../src/receipts/cursor-writer';
import { Person } from './support/person';
import { Road } from './support/road';
import { startApp, type TestApp } from './support/start-app';

// With its end, or it would be found in READ COMMITTED.
const COMMIT = 'COMMIT\u0000';
const MESSAGES = 9;

// Two processes on one database: they hold rows that the other wants.
let server: TestApp;
let other: TestApp;
let road: Road;
let writer: CursorWriter;
let elsewhere: CursorWriter;
let ann: Person;
let bob: Person;
let eve: Person;

beforeAll(async () => {
  const settings = { JWT_SECRET: randomUUID() };
  server = await startApp(settings, {}, async (database) => {
    road = await Road.open(database);
    return { ...database, host: '127.0.0.1', port: road.port };
  });
  other = await startApp(settings, {}, () => Promise.resolve(server.database));
  writer = server.app.get(CursorWriter);
  elsewhere = other.app.get(CursorWriter);
  ({ ann, bob, eve } = await Person.registerAll(server.url, 'ann', 'bob', 'eve'));
});
afterEach(() => Promise.all([ann, bob].map((person) => person.disconnect())));
afterAll(async () => {
  await other.stop();
  await server.stop();
  road.close();
});

/** A group of both with some messages. */
async function group(): Promise<string> {
  const { conversation } = await ann.ok('POST', '/conversations', { kind: 'group', memberIds: [bob.id] });
  const conversationId = conversation.id as string;
  for (let n = 1; n < MESSAGES; n++) {
    await ann.ok('POST', `/conversations/${conversationId}/messages`, { id: randomUUID(), text: `${n}` });
  }
  return conversationId;
}

function groups(count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => group()));
}

function read(conversationId: string, seq: number, person = bob, by = writer): Promise<Moved> {
  return by.move({ conversationId, userId: person.id, deliveredSeq: seq, readSeq: seq });
}

function delivered(conversationId: string, seq: number): Promise<Moved> {
  return writer.move({ conversationId, userId: bob.id, deliveredSeq: seq, readSeq: 0 });
}

async function session(): Promise<Client> {
  const client = new Client(server.database);
  await client.connect();
  return client;
}

/** Somebody else at work on a member, as another node would be. */
async function hold(conversationId: string, set = 'role = role'): Promise<() => Promise<void>> {
  const client = await session();
  await client.query('BEGIN');
  await client.query(`UPDATE member SET ${set} WHERE conversation_id = $1 AND user_id = $2`, [
    conversationId,
    bob.id,
  ]);
  return async () => {
    await client.query('COMMIT');
    await client.end();
  };
}

/** Until a statement waits for a lock. */
async function isWaiting(): Promise<void> {
  const client = await session();
  const sql = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await client.query(sql)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await client.end();
}

it('what comes at once is one move to the furthest, of which one tells', async () => {
  const conversationId = await group();
  const moves = [read(conversationId, 2), delivered(conversationId, 7), read(conversationId, 4)];
  const cursors = { deliveredSeq: 7, readSeq: 4, lastSeq: MESSAGES, moved: true };
  expect(await Promise.all(moves)).toEqual([
    { ...cursors, isFirst: true },
    { ...cursors, isFirst: false },
    { ...cursors, isFirst: false },
  ]);
});

it('many of many people are one commit', async () => {
  const ids = await groups(4);
  const moves = ids.flatMap((id) => [read(id, 3), read(id, 5, ann)]);
  expect((await Promise.all(moves)).map(({ readSeq }) => readSeq)).toEqual(ids.flatMap(() => [3, 5]));
  const rows: { xid: string }[] = await server.source.query(
    'SELECT DISTINCT changed_xid AS xid FROM member WHERE conversation_id = ANY($1)',
    [ids],
  );
  expect(rows).toHaveLength(1);
});

it('moves forward only, up to the newest message, and says what is there already', async () => {
  const conversationId = await group();
  expect(await read(conversationId, 1_000)).toMatchObject({ readSeq: MESSAGES, moved: true });
  for (const seq of [1_000, 2]) {
    expect(await read(conversationId, seq)).toMatchObject({ readSeq: MESSAGES, moved: false });
  }
  // And writes nothing then.
  const xid = () =>
    server.source.query<object[]>('SELECT xmin, xmax FROM member WHERE conversation_id = $1', [
      conversationId,
    ]);
  const before = await xid();
  await read(conversationId, 2);
  expect(await xid()).toEqual(before);
});

it('who is no member is refused alone', async () => {
  const conversationId = await group();
  const [anns, eves, nowhere] = await Promise.allSettled([
    read(conversationId, 3, ann),
    read(conversationId, 3, eve),
    read(randomUUID(), 3),
  ]);
  expect(anns).toMatchObject({ value: { readSeq: 3, moved: true } });
  for (const each of [eves, nowhere]) {
    expect(each).toMatchObject({ status: 'rejected', reason: { code: 'conversation_not_found' } });
  }
});

it('a row that fails, fails alone', async () => {
  const ids = await groups(5);
  await server.source.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN RAISE check_violation; END';
    CREATE TRIGGER refuse BEFORE UPDATE ON member FOR EACH ROW WHEN (NEW.read_seq = 8) EXECUTE FUNCTION refuse()`);
  const results = await Promise.allSettled(ids.map((id, n) => read(id, n === 3 ? 8 : 7)));
  await server.source.query('DROP TRIGGER refuse ON member; DROP FUNCTION refuse');
  expect(results.map(({ status }) => status === 'fulfilled')).toEqual(ids.map((_, n) => n !== 3));
  expect(await read(ids[3]!, 8)).toMatchObject({ readSeq: 8, moved: true });
});

describe('somebody else holds a row', () => {
  it('it holds up nobody else, and its own moves as long as that', async () => {
    const [held, free] = await groups(2);
    const release = await hold(held!);
    const late = [read(held!, 3), delivered(held!, 5)];
    await isWaiting();
    for (let seq = 2; seq <= MESSAGES; seq++) expect((await read(free!, seq)).readSeq).toBe(seq);
    late.push(read(held!, 4));
    await release();
    expect(await Promise.all(late)).toMatchObject([
      { deliveredSeq: 5, readSeq: 3 },
      { deliveredSeq: 5, readSeq: 3 },
      { deliveredSeq: 5, readSeq: 4 },
    ]);
  });

  it('and moves it as far', async () => {
    const conversationId = await group();
    const release = await hold(conversationId, 'read_seq = 6, delivered_seq = 6');
    const move = read(conversationId, 4);
    await isWaiting();
    await release();
    expect(await move).toMatchObject({ readSeq: 6, moved: false });
  });

  it('and moves it, but not as far', async () => {
    const conversationId = await group();
    const release = await hold(conversationId, 'read_seq = 2, delivered_seq = 7');
    const move = read(conversationId, 4);
    await isWaiting();
    await release();
    expect(await move).toMatchObject({ deliveredSeq: 7, readSeq: 4, moved: true });
  });

  it('and takes them out', async () => {
    const conversationId = await group();
    const release = await hold(conversationId, 'left_at = now()');
    const move = read(conversationId, 4);
    const refused = expect(move).rejects.toMatchObject({ code: 'conversation_not_found' });
    await isWaiting();
    await release();
    await refused;
  });

  it('for too long: it fails by name', async () => {
    const conversationId = await group();
    const release = await hold(conversationId);
    const path = `/conversations/${conversationId}/receipts/read`;
    expect(await bob.error('POST', path, { seq: 4 })).toMatchObject({ code: 'timeout', retryable: true });
    await release();
    expect(await bob.ok('POST', path, { seq: 4 })).toMatchObject({ readSeq: 4 });
  }, 20_000);
});

it('two processes that move the same rows at once wait for each other in no circle', async () => {
  const ids = await groups(6);
  const orders = [ids, [...ids].reverse()];
  for (let seq = 2; seq <= MESSAGES; seq++) {
    const moves = [writer, elsewhere].flatMap((by, n) =>
      (orders[n] ?? []).flatMap((id) => [read(id, seq, bob, by), read(id, seq, ann, by)]),
    );
    for (const moved of await Promise.all(moves)) expect(moved.readSeq).toBe(seq);
  }
});

it('what was stored though the answer was lost is told with the repetition, once', async () => {
  const conversationId = await group();
  const [anns, bobs] = [await ann.connect(), await bob.connect()];
  road.loseAnswerTo(COMMIT);
  const receipt = { conversationId, seq: 4 };
  await expect(bobs.request('receipt.read', receipt)).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
  });
  expect(await bobs.request('receipt.read', receipt)).toMatchObject({ readSeq: 4, unread: MESSAGES - 4 });
  expect(await anns.next('receipt.updated')).toMatchObject({ userId: bob.id, readSeq: 4 });
  await bobs.request('receipt.read', receipt);
  await anns.settle();
  expect(anns.all('receipt.updated')).toEqual([]);
});
