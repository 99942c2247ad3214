import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { expectFew, expectRanges, explained } from './support/explain';
import { type ExplainingPostgres, startExplainingPostgres } from './support/explaining-postgres';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';

const GROWN = 100_000;
const BATCH = 100;
/** Rows that a send may look at: its own, its conversation, what it answers. */
const FEW = 20;
/** The same for statements that may read a table of a few hundred rows from end to end, as long as it is one. */
const SOME = 1_000;
/** The timeline writer's own: prepared, so their plans may be older than what is in the tables. */
const PREPARED = /WITH input AS|SELECT id, members_version FROM conversation WHERE id = ANY/;

const CURSORS = /UPDATE member m SET delivered_seq|m\.delivered_seq >= least/;

/** What was in the tables when statistics were taken for the last time: conversations, each of so many messages. */
const PASTS = [
  ['with no statistics at all', 0, 0],
  ['with statistics of a few conversations', 50, 5],
  ['with statistics of conversations of one message, a few', 220, 1],
  ['with statistics of conversations of one message, many', 20_000, 1],
] as const;

let postgres: ExplainingPostgres;
beforeAll(async () => {
  postgres = await startExplainingPostgres();
}, 60_000);
afterAll(() => postgres.stop());

// PostgreSQL decides for itself, or keeps one plan for all values, as it does when that looks cheap.
describe.each(['auto', 'force_generic_plan'])('plans are kept: %s', (mode) => {
  let server: TestApp;
  let ann: Person;
  let bob: Person;
  let grown: string;

  beforeAll(async () => {
    await asAdmin(`ALTER DATABASE "${postgres.database.database}" SET plan_cache_mode = ${mode}`);
    server = await startApp({ EDIT_HISTORY: '1' }, {}, () => Promise.resolve(postgres.database));
    ({ ann, bob } = await Person.registerAll(server.url, 'ann', 'bob'));
  }, 60_000);
  afterAll(() => server.stop());

  const plansOf = (work: () => Promise<unknown>, which?: RegExp) => explained(server.source, work, which);
  const send = (more: object = {}) => {
    const message = { id: randomUUID(), text: 'x', ...more };
    return ann.ok('POST', `/conversations/${grown}/messages`, message);
  };

  describe.each(PASTS)('%s', (_, conversations, messages) => {
    beforeAll(async () => {
      await past(server, conversations, messages);
      const input = { kind: 'group', title: 'grown', memberIds: [bob.id] };
      grown = (await ann.ok('POST', '/conversations', input)).conversation.id;
      // So often that plans are kept.
      for (let i = 0; i < 8; i++) await send();
      for (let i = 0; i < 8; i++) await send({ mentions: [bob.id] });
      await grow(server, grown, ann);
    }, 60_000);

    it('a message is stored at the cost of one look-up', async () => {
      const { message } = await send();
      const plain = await plansOf(() => send(), PREPARED);
      expect(plain).toHaveLength(2);
      expectRanges(plain, FEW);
      expectRanges(await plansOf(() => send({ mentions: [bob.id] }), PREPARED), FEW);
      expectRanges(await plansOf(() => send({ id: message.id }), PREPARED), FEW);
      expectRanges(await plansOf(() => send({ replyTo: message.id }), PREPARED), FEW);
    });

    it('a batch is stored at the cost of a look-up each', async () => {
      const socket = await ann.connect();
      const plans = await plansOf(
        () =>
          Promise.all(
            Array.from({ length: BATCH }, () =>
              socket.request('message.send', { id: randomUUID(), conversationId: grown, text: 'x' }),
            ),
          ),
        PREPARED,
      );
      await ann.disconnect();
      expectRanges(plans, FEW + BATCH);
      // Each row of a batch with each: a thousand messages would be a million comparisons.
      expect(plans.map(({ text }) => text).join()).not.toContain('Nested Loop');
    });

    it('cursors are moved at the cost of a look-up each', async () => {
      const others = Array.from({ length: 8 }, (_, i) => i + 1);
      const move = (person: Person, seq: number) =>
        person.ok('POST', `/conversations/${grown}/receipts/read`, { seq });
      // So often that plans are kept, of what moves and of what is there already.
      for (const seq of others) await move(bob, seq);
      for (const _ of others) await move(bob, 1);
      await server.source.query(
        `INSERT INTO member (conversation_id, user_id)
         SELECT CASE WHEN i % 2 = 0 THEN $1 ELSE gen_random_uuid() END, gen_random_uuid() FROM generate_series(1, $2::int) i`,
        [grown, GROWN],
      );
      expectRanges(await plansOf(() => move(bob, 20), CURSORS), FEW);
      expectRanges(await plansOf(() => move(bob, 20), CURSORS), FEW);
      await server.source.query('DELETE FROM member WHERE NOT user_id = ANY($1)', [[ann.id, bob.id]]);
    });

    // No other statement is prepared, so none is carried out by a plan of another time.
    if (mode !== 'auto') return;

    it('a retry, a reply and every change of a message are look-ups', async () => {
      const { message } = await send({ text: 'original' });
      const path = `/conversations/${grown}/messages/${message.id}`;
      const steps: [name: string, step: () => Promise<unknown>][] = [
        ['retry', () => send({ id: message.id, text: 'original' })],
        ['reply', () => send({ replyTo: message.id })],
        ['edit', () => ann.ok('PATCH', path, { text: 'edited', mentions: [bob.id] })],
        ['edits', () => ann.ok('GET', `${path}/edits`)],
        ['reaction', () => bob.ok('PUT', `${path}/reactions/${encodeURIComponent('👍')}`)],
        ['reaction taken back', () => bob.ok('DELETE', `${path}/reactions/${encodeURIComponent('👍')}`)],
        ['pin', () => ann.ok('PUT', `${path}/pin`)],
        ['read', () => bob.ok('POST', `/conversations/${grown}/receipts/read`, { messageId: message.id })],
        ['delivered', () => ann.ok('POST', `/conversations/${grown}/receipts/delivered`, { seq: 9 })],
        ['deletion for oneself', () => bob.ok('DELETE', `${path}?forMe=true`)],
        ['deletion', () => ann.ok('DELETE', path)],
        ['title', () => ann.ok('PATCH', `/conversations/${grown}`, { title: 'renamed' })],
      ];
      for (const [name, step] of steps) {
        expectFew(name, await plansOf(step), SOME);
      }
    });

    it('a page, the count of what is unread and what has changed are ranges', async () => {
      const path = `/conversations/${grown}`;
      const conversation = await bob.ok('GET', path);
      await bob.ok('POST', `${path}/receipts/read`, { seq: conversation.lastSeq });
      await send();
      const since = `afterVersion=${conversation.version}&afterSeq=${conversation.lastSeq}`;
      const reads = [
        `${path}/messages?limit=10`,
        `${path}/messages?limit=10&before=50000`,
        `${path}/unread`,
        `${path}/changes?${since}`,
        '/conversations',
      ];
      for (const read of reads) {
        expectFew(read, await plansOf(() => bob.ok('GET', read)), SOME);
      }
    });
  });
});

async function asAdmin(statement: string): Promise<void> {
  const client = new Client(postgres.database);
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

/** Empty tables, filled with conversations of others as far as the statistics know. */
async function past({ source }: TestApp, conversations: number, messages: number): Promise<void> {
  await source.query('TRUNCATE conversation, member, message, mention, hidden_message, commit_feed');
  if (conversations === 0) return;
  await source.query(
    `INSERT INTO conversation (id, kind, created_by, last_seq, version)
     SELECT gen_random_uuid(), 'group', gen_random_uuid(), $2::int, $2 FROM generate_series(1, $1)`,
    [conversations, messages],
  );
  await source.query(
    'INSERT INTO member (conversation_id, user_id) SELECT id, gen_random_uuid() FROM conversation',
  );
  await source.query(
    `INSERT INTO message (conversation_id, id, seq, version, sender_id, kind, text)
     SELECT c.id, gen_random_uuid(), i, i, c.id, 'text', 'x' FROM conversation c, generate_series(1, $1::int) i`,
    [messages],
  );
  await source.query('VACUUM ANALYZE');
}

/** A conversation of which the statistics know nothing becomes larger than all the others together. */
async function grow({ source }: TestApp, conversationId: string, sender: Person): Promise<void> {
  await source.query(
    `INSERT INTO message (conversation_id, id, seq, version, sender_id, kind, text)
     SELECT c.id, gen_random_uuid(), i, i, $2, 'text', 'x' FROM conversation c, generate_series(c.last_seq + 1, $3::int) i
     WHERE c.id = $1`,
    [conversationId, sender.id, GROWN],
  );
  await source.query('UPDATE conversation SET last_seq = $2, version = $2 WHERE id = $1', [
    conversationId,
    GROWN,
  ]);
}
