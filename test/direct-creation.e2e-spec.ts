import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { Person } from './support/person';
import { Road } from './support/road';
import { startApp, type TestApp } from './support/start-app';

// Two processes on one database: the same is made on both.
let server: TestApp;
let other: TestApp;
let road: Road;
let people: Person[];

beforeAll(async () => {
  const settings = { JWT_SECRET: randomUUID() };
  server = await startApp(settings, {}, async (database) => {
    road = await Road.open(database);
    return { ...database, host: '127.0.0.1', port: road.port };
  });
  other = await startApp(settings, {}, () => Promise.resolve(server.database));
});
beforeEach(async () => {
  const names = ['ann', 'bob', 'cleo', 'dan', 'eve', 'fay'];
  people = Object.values(await Person.registerAll(server.url, ...names));
});
afterEach(() => Promise.all(people.map((person) => person.disconnect())));
afterAll(async () => {
  await other.stop();
  await server.stop();
  road.close();
});

const say = (from: Person, to: Person) =>
  from.ok('POST', '/messages', { to: to.id, id: randomUUID(), text: `to ${to.id}` });

/** Everybody with everybody else, in both directions. */
const pairs = () =>
  people.flatMap((from) => people.filter((to) => to !== from).map((to) => [from, to] as const));

interface Stored {
  members: string[];
  member_count: number;
  last_seq: string;
  version: string;
  members_version: string;
}

async function stored(): Promise<Stored[]> {
  return server.source.query(
    `SELECT c.member_count, c.last_seq, c.version, c.members_version,
       (SELECT array_agg(user_id::text ORDER BY user_id) FROM member m WHERE m.conversation_id = c.id) AS members
     FROM conversation c
     WHERE EXISTS (SELECT FROM member m WHERE m.conversation_id = c.id AND m.user_id = ANY($1))`,
    [people.map(({ id }) => id)],
  );
}

it('first messages from both sides at once, to two processes, make one conversation for each pair', async () => {
  const sockets = await Promise.all(people.map((person) => person.connect()));
  const sent = await Promise.all(
    pairs().flatMap(([from, to]) => [say(from, to), say(from.at(other.url), to)]),
  );
  const made = await stored();
  const expected = { member_count: 2, last_seq: '4', version: '5', members_version: '1' };
  for (const conversation of made) expect(conversation).toMatchObject(expected);
  const wanted = pairs().map(([{ id: a }, { id: b }]) => (a < b ? `${a} ${b}` : `${b} ${a}`));
  expect(made.map(({ members }) => members.join(' ')).sort()).toEqual([...new Set(wanted)].sort());
  const ids = new Set(sent.map(({ message }) => message.conversationId as string));
  expect(ids.size).toBe(made.length);
  for (const socket of sockets) {
    // Once each, and before the first message.
    const told = new Set<string>();
    for (let n = 0; n < (people.length - 1) * 4; n++) {
      const { message } = await socket.next('message.created');
      told.add(message.conversationId);
    }
    expect(told.size).toBe(people.length - 1);
    const created = socket.all('conversation.created');
    expect(created.map(({ conversationId }) => conversationId).sort()).toEqual([...told].sort());
    // Who hears of it late is told it as it was then: each message has raised both by one.
    for (const { version, conversation } of created) {
      expect(conversation).toMatchObject({ kind: 'direct', memberCount: 2, lastSeq: version - 1 });
    }
  }
});

it('an account that somebody holds holds up nobody else', async () => {
  const [held, ...free] = people as [Person, Person, ...Person[]];
  const holder = new Client(server.database);
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM "user" WHERE id = $1 FOR UPDATE', [held.id]);
  const late = say(held, free[0]);
  await Promise.all(free.slice(1).map((to) => say(free[0], to)));
  expect(await stored()).toHaveLength(free.length - 1);
  await holder.query('COMMIT');
  await holder.end();
  expect(await late).toMatchObject({ message: { seq: 1 } });
});

it('who is not there, and what cannot be stored, fails alone', async () => {
  const [ann, gone, odd, ...others] = people as [Person, Person, Person, ...Person[]];
  await server.source.query('UPDATE "user" SET deletion_started_at = now() WHERE id = $1', [gone.id]);
  await server.source.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE check_violation; END';
    CREATE TRIGGER refuse BEFORE INSERT ON conversation FOR EACH ROW
      WHEN (NEW.direct_key LIKE '%${odd.id}%') EXECUTE FUNCTION refuse()`);
  const to = (person: Person) =>
    ann.call('POST', '/messages', { to: person.id, id: randomUUID(), text: 'x' });
  const answers = await Promise.all([...others, gone, odd].map(to));
  await server.source.query('DROP TRIGGER refuse ON conversation; DROP FUNCTION refuse');
  const good = others.map(() => 201);
  expect(answers.map(({ status }) => status)).toEqual([...good, 404, 500]);
  expect(answers.at(-2)).toMatchObject({ body: { error: { code: 'user_not_found' } } });
  expect(await stored()).toHaveLength(others.length);
});

it('what was made though the answer was lost is told, and found by the next', async () => {
  const [ann, bob] = people as [Person, Person];
  const bobs = await bob.connect();
  road.loseAnswerTo('INSERT INTO conversation');
  const input = { to: bob.id, id: randomUUID(), text: 'x' };
  expect(await ann.error('POST', '/messages', input)).toMatchObject({ code: 'unavailable', retryable: true });
  await bobs.next('conversation.created');
  expect(await ann.ok('POST', '/messages', input)).toMatchObject({ message: { seq: 1 } });
  expect(await stored()).toHaveLength(1);
  await bobs.next('message.created');
  expect(bobs.all('conversation.created')).toEqual([]);
});
