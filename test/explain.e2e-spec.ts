import { randomUUID } from 'node:crypto';
import { getDataSourceToken } from '@nestjs/typeorm';
import { LIMITS } from '@parley/protocol';
import type { DataSource } from 'typeorm';
import { FOLLOWING } from '../src/database/following';
import { UnreadService } from '../src/receipts/unread.service';
import { CommitFeed } from '../src/timeline/commit-feed';
import { TimelineReader } from '../src/timeline/timeline-reader';
import { Person } from './support/person';
import { expectRanges, explained } from './support/explain';
import { type ExplainingPostgres, startExplainingPostgres } from './support/explaining-postgres';
import { startApp, type TestApp } from './support/start-app';

const MESSAGES = 200_000;
const MEMBERS = 20_000;
const GROUPS = 20;
const PAGE = 50;
const FED = 20_000;

let postgres: ExplainingPostgres;
let server: TestApp;
let ann: Person;
let bob: Person;
/** With a history of 200,000 messages of others. */
let long: string;
let groups: string[];

// Every table is large enough that reading it from end to end would be the worse plan.
beforeAll(async () => {
  postgres = await startExplainingPostgres();
  server = await startApp({}, {}, () => Promise.resolve(postgres.database));
  ({ ann, bob } = await Person.registerAll(server.url, 'ann', 'bob'));
  const make = async (title: string) => {
    const input = { kind: 'group', title, memberIds: [bob.id] };
    return (await ann.ok('POST', '/conversations', input)).conversation.id as string;
  };
  long = await make('long');
  groups = await Promise.all(Array.from({ length: GROUPS }, (_, i) => make(`${i}`)));
  await fill();
}, 120_000);
afterAll(async () => {
  await server.stop();
  await postgres.stop();
});

async function fill(): Promise<void> {
  const { source } = server;
  const query = (sql: string, parameters: unknown[] = []) => source.query(sql, parameters);
  await query(
    `INSERT INTO "user" (id, username, display_name) SELECT gen_random_uuid(), 'u' || i, 'u' FROM generate_series(1, $1) i`,
    [MEMBERS],
  );
  await query(
    `INSERT INTO member (conversation_id, user_id, delivered_seq, read_seq)
     SELECT c, u.id, 1, 1 FROM unnest($1::uuid[]) c CROSS JOIN "user" u WHERE u.username LIKE 'u%'`,
    [groups],
  );
  await query(`UPDATE conversation SET member_count = member_count + $2 WHERE id = ANY($1::uuid[])`, [
    groups,
    MEMBERS,
  ]);
  await query(
    `INSERT INTO conversation (id, kind, created_by, last_seq, version)
     SELECT gen_random_uuid(), 'group', $1, 9, 9 FROM generate_series(1, 20000)`,
    [ann.id],
  );
  await query(
    `INSERT INTO message (conversation_id, id, seq, version, sender_id, kind, text, mentions_all)
     SELECT $1, gen_random_uuid(), i, i, $2, 'text', 'x', i % 1000 = 0 FROM generate_series(2, $3::int) i`,
    [long, ann.id, MESSAGES],
  );
  await query(`UPDATE conversation SET last_seq = $2, version = $2 WHERE id = $1`, [long, MESSAGES]);
  await query(
    `INSERT INTO message (conversation_id, id, seq, version, sender_id, kind, text)
     SELECT c.id, gen_random_uuid(), i, i, $1, 'text', 'x' FROM conversation c, generate_series(2, 9) i WHERE c.title IS NULL`,
    [ann.id],
  );
  // Bob's own rows, among those of many others.
  const owners = `(SELECT $1::uuid AS id UNION ALL (SELECT id FROM "user" WHERE username LIKE 'u%' LIMIT 500))`;
  await query(
    `INSERT INTO mention SELECT owner.id, $2, i * 50 FROM ${owners} owner, generate_series(1, 40) i`,
    [bob.id, long],
  );
  await query(
    `INSERT INTO hidden_message (user_id, conversation_id, message_id, seq)
     SELECT owner.id, m.conversation_id, m.id, m.seq FROM ${owners} owner, message m
     WHERE m.conversation_id = $2 AND m.seq BETWEEN 10 AND 49`,
    [bob.id, long],
  );
  await query('VACUUM ANALYZE');
}

/** Commits of other processes, long ago. */
const FEED = `
  INSERT INTO commit_feed (xid, node, conversation_ids, base_versions, base_seqs, versions)
  SELECT (3 + i % 500)::text::xid8, gen_random_uuid(), '{}', '{}', '{}', '{}' FROM generate_series(1, $1::int) i`;

const newMessage = () => ({ id: randomUUID(), text: 'x' });

const plansOf = (...requests: [person: Person, method: string, path: string, body?: unknown][]) =>
  explained(server.source, async () => {
    for (const [person, ...request] of requests) await person.ok(...request);
  });

describe('on a history of 200,000 messages', () => {
  it('finds who shares a conversation by the memberships of the two', async () => {
    const people: { id: string }[] = await server.source.query(
      `SELECT id FROM "user" WHERE username LIKE 'u%' LIMIT 3`,
    );
    const ids = [...people.map(({ id }) => id), randomUUID()].join(',');
    const plans = await plansOf([bob, 'GET', `/presence?userIds=${ids}`]);
    expectRanges(plans, 4 * 2 * (GROUPS + 2));
  });

  it('counts what is unread up to its limit, and no further', async () => {
    const plans = await plansOf([bob, 'GET', `/conversations/${long}/unread`]);
    // The counted, with a look each at what is hidden, and twice the mentions.
    expectRanges(plans, 5 * LIMITS.unreadCount);
  });

  it('explains the count at the cost of the count', async () => {
    expectRanges(
      await plansOf([bob, 'GET', `/conversations/${long}/unread?explain=1`]),
      8 * LIMITS.unreadCount,
    );
  });

  it('reads a page of history where it is', async () => {
    const path = `/conversations/${long}/messages?limit=${PAGE}`;
    for (const where of ['', '&before=100000', '&after=100000', '&before=12', `&after=${MESSAGES - 5}`]) {
      expectRanges(await plansOf([bob, 'GET', path + where]), 4 * PAGE);
    }
  });
});

describe('catching up', () => {
  const cursorOf = async (person: Person) => (await person.ok('GET', '/sync?limit=200')).cursor as string;

  it('costs the conversations of a person, not those of all', async () => {
    const cursor = await cursorOf(bob);
    const [sent] = await plansOf([ann, 'POST', `/conversations/${groups[1]}/messages`, newMessage()]);
    expect(sent).toBeDefined();
    const plans = await plansOf([bob, 'GET', `/sync?cursor=${encodeURIComponent(cursor)}`]);
    // Each of their own is looked at, and what has changed is counted.
    expectRanges(plans, 5 * (GROUPS + 1) + 20);
  });

  it('costs the same for each when many come back at once, in few statements', async () => {
    const MANY = 40;
    const cursor = encodeURIComponent(await cursorOf(bob));
    await ann.ok('POST', `/conversations/${groups[2]}/messages`, newMessage());
    const requests = Array.from({ length: MANY }, () => [bob, 'GET', `/sync?cursor=${cursor}`] as const);
    const plans = await explained(server.source, async () => {
      const pages = await Promise.all(requests.map(([person, ...request]) => person.ok(...request)));
      for (const page of pages) expect(page.conversations).toHaveLength(1);
    });
    expect(plans.length).toBeLessThan(MANY);
    expectRanges(plans, MANY * (5 * (GROUPS + 1) + 20));
  });

  it('costs what has changed in a conversation, not what has happened', async () => {
    const before = await bob.ok('GET', `/conversations/${long}`);
    const { message } = await ann.ok('POST', `/conversations/${long}/messages`, newMessage());
    await ann.ok('PATCH', `/conversations/${long}/messages/${message.id}`, { text: 'y' });
    const path = `/conversations/${long}/changes?afterVersion=${before.version}&afterSeq=${before.lastSeq}`;
    expectRanges(await plansOf([bob, 'GET', path]), 4 * PAGE);
  });

  it('reads what other processes have committed where it is', async () => {
    const reader = server.app.get(TimelineReader);
    const from = { version: 100_000, seq: 100_000 };
    const range = { conversationId: long, from, to: { version: MESSAGES, seq: MESSAGES } };
    const plans = await explained(server.source, () => reader.between(server.source.manager, [range], PAGE));
    expectRanges(plans, 4 * PAGE);
    await server.source.query(FEED, [FED]);
    await server.source.query('VACUUM ANALYZE commit_feed');
    const feed = server.app.get(CommitFeed);
    const following = server.app.get<DataSource>(getDataSourceToken(FOLLOWING));
    expectRanges(await explained(following, () => feed.read(), /FROM commit_feed/), 100);
  });
});

describe('in twenty groups of 20,000 members', () => {
  it('lists conversations without a look at their members', async () => {
    const plans = await plansOf([bob, 'GET', `/conversations?limit=${PAGE}`]);
    // One of them has more unread than is counted.
    expectRanges(plans, 5 * LIMITS.unreadCount + 20 * PAGE);
    const { items } = await bob.ok('GET', `/conversations?limit=${PAGE}`);
    expect(items.filter((item: { memberCount: number }) => item.memberCount === MEMBERS + 2)).toHaveLength(
      GROUPS,
    );
  });

  it('counts what is unread in one statement for all of them', async () => {
    const plans = await plansOf([bob, 'GET', `/conversations?limit=${PAGE}`]);
    expect(plans.filter(({ statement }) => statement.includes('AS unread'))).toHaveLength(1);
  });

  it('recounts all that has changed in one statement', async () => {
    const bobs = await bob.connect();
    const plans = await explained(server.source, async () => {
      const unread = server.app.get(UnreadService);
      // The first is counted at once, the others together.
      for (const id of groups) unread.changed(id, [bob.id]);
      for (const id of groups) await bobs.next('unread.updated', (data) => data.conversationId === id);
    });
    await bob.disconnect();
    expect(plans).toHaveLength(2);
    expectRanges(plans, 20 * GROUPS);
  });

  it('names the readers of a message, and moves cursors', async () => {
    const sent = { id: randomUUID(), text: 'x' };
    const { message } = await ann.ok('POST', `/conversations/${groups[0]}/messages`, sent);
    await server.source.query(
      `UPDATE member SET delivered_seq = 2, read_seq = 2 WHERE conversation_id = $1 AND user_id <> $2
       AND user_id IN (SELECT id FROM "user" ORDER BY id LIMIT 3000)`,
      [groups[0], ann.id],
    );
    const path = `/conversations/${groups[0]}`;
    expectRanges(await plansOf([bob, 'GET', `${path}/messages/${message.id}/readers`]), MEMBERS + 10);
    expectRanges(await plansOf([bob, 'POST', `${path}/receipts/read`, { seq: 2 }]), 100);
    expectRanges(await plansOf([bob, 'GET', `${path}/receipts?limit=${PAGE}`]), 2 * PAGE);
  });
});

it('would tell of a table that is read from end to end, and of a range that is too long', async () => {
  const planOf = (statement: string, ...parameters: unknown[]) =>
    explained(server.source, () => server.source.query(statement, parameters));
  const scan = await planOf('SELECT * FROM message WHERE text = $1', 'y');
  expect(() => expectRanges(scan, 1e9)).toThrow(/^scans message/);
  const range = await planOf('SELECT * FROM message WHERE conversation_id = $1 AND seq < 100', long);
  expect(() => expectRanges(range, 99)).not.toThrow();
  expect(() => expectRanges(range, 98)).toThrow(/^looks at 99 rows/);
  expect(() => expectRanges([], 1)).toThrow('no statement');
});
