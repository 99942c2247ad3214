import type { ConversationCreated } from '@parley/protocol';
import type { Client } from 'pg';
import { uuidv7 } from 'uuidv7';
import { Figures } from '../support/figures';
import { fillMessages } from '../support/fill';
import { Person } from '../support/person';
import type { Bench, Report, Scenario } from '../support/scenario';

const CONVERSATIONS = 1_000;
const FILLED = 1_000_000;
const SENT = 200_000;
/** Requests that wait for their answers at any time, over all writers. */
const IN_FLIGHT = 400;
const WRITERS = 200;
/** One in so many messages is read by its reader. */
const READ_EVERY = 5;

const TABLES = ['message', 'conversation', 'member', 'commit_feed'] as const;

/** What tables and indexes weigh, and what a load of sends and receipts does to them. */
export const storage: Scenario = {
  name: 'storage',
  apart: true,
  about: 'bytes per row of a million messages, then 200,000 sends into 1,000 conversations at full rate',
  run,
};

async function run(bench: Bench): Promise<Report> {
  const [filled, sent] = bench.quick ? [FILLED / 10, SENT / 10] : [FILLED, SENT];
  const server = await bench.startServer();
  const accounts = await server.accounts(...Array.from({ length: WRITERS + 1 }, (_, i) => `writer-${i}`));
  const people = accounts.map((account) => new Person(account, server.url));
  const conversations = await makeConversations(people);
  const ids = conversations.map(({ id }) => id);
  const figures = new Figures(2);

  bench.log(`filling ${filled.toLocaleString('en')} messages`);
  const wal = await server.walPosition();
  const senderIds = people.map(({ id }) => id);
  await fillMessages(server.database, ids, { from: 2, to: filled / CONVERSATIONS, senderIds });
  figures.add('WAL per message', 'B', 0, ((await server.walPosition()) - wal) / filled);
  await server.database.query('VACUUM ANALYZE');
  await weigh(server.database, figures, 0);

  bench.log(`sending ${sent.toLocaleString('en')} messages`);
  const counted = await updates(server.database);
  const before = await server.walPosition();
  const cpu = server.cpu();
  const begun = performance.now();
  await sendAll(people, conversations, sent);
  const seconds = (performance.now() - begun) / 1_000;
  const after = server.cpu();
  figures.add('WAL per message', 'B', 1, ((await server.walPosition()) - before) / sent);
  figures.add('messages', '/s', 1, sent / seconds);
  figures.add('server CPU per message', 'µs', 1, ((after.server - cpu.server) * 1e6) / sent);
  figures.add('database CPU per message', 'µs', 1, ((after.database - cpu.database) * 1e6) / sent);
  // Sessions report what they have done when they end, if not before.
  await server.restart();
  await weigh(server.database, figures, 1);
  for (const [name, now] of await updates(server.database)) {
    const past = counted.get(name) ?? now;
    const updated = now.updated - past.updated;
    figures.add(`${name} updates`, '', 1, updated);
    figures.add(`${name} updates that are HOT`, '%', 1, (100 * (now.hot - past.hot)) / updated);
    figures.add(`${name} dead rows`, '', 1, now.dead);
    figures.add(`${name} autovacuums`, '', 1, now.vacuums - past.vacuums);
  }
  return { of: 'table', sizes: ['filled', 'then sent'], figures: figures.all() };
}

interface Place {
  id: string;
  writer: number;
  reader: number;
}

async function makeConversations(people: readonly Person[]): Promise<Place[]> {
  const places: Place[] = [];
  for (let i = 0; i < CONVERSATIONS; i++) {
    const [writer, reader] = [i % WRITERS, (i + 1) % WRITERS];
    const input = { kind: 'group', title: `Group ${i}`, memberIds: [people[reader]?.id] };
    const made = people[writer]?.rest.call<ConversationCreated>('POST', '/v1/conversations', input);
    places.push({ id: (await made)?.conversation.id ?? '', writer, reader });
  }
  return places;
}

/** As fast as the answers come; a part of it is read, so that cursors move too. */
async function sendAll(people: readonly Person[], places: readonly Place[], count: number): Promise<void> {
  const sockets = await Promise.all(people.map((person) => person.connect()));
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < count; at = next++) {
      const place = places[at % places.length] as Place;
      const data = {
        conversationId: place.id,
        id: uuidv7(),
        text: 'What a message says most often is short',
      };
      const reply = await sockets[place.writer]?.request('message.send', data);
      if (at % READ_EVERY > 0 || !reply) continue;
      const seq = reply.message.seq;
      await sockets[place.reader]?.request('receipt.read', { conversationId: place.id, seq });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  for (const socket of sockets) socket.close();
}

/** Bytes per row of each table and index, and of the whole. */
async function weigh(database: Client, figures: Figures, size: number): Promise<void> {
  for (const name of TABLES) {
    const { rows: counted } = await database.query<{ n: string }>(`SELECT count(*) AS n FROM ${name}`);
    const count = Number(counted[0]?.n);
    const { rows } = await database.query<{ name: string; bytes: string }>(
      `SELECT relname AS name, pg_relation_size(oid) AS bytes FROM pg_class WHERE oid = $1::regclass
       UNION ALL
       SELECT relname, pg_relation_size(oid) FROM pg_class
       WHERE oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = $1::regclass) ORDER BY 1`,
      [name],
    );
    figures.add(`${name} rows`, '', size, count);
    for (const row of rows) figures.add(`${row.name} per row`, 'B', size, Number(row.bytes) / count);
  }
}

interface Updates {
  updated: number;
  /** Those that touched no index. */
  hot: number;
  /** Rows that wait to be vacuumed. */
  dead: number;
  vacuums: number;
}

/** What PostgreSQL has counted of the tables that sends and receipts update. */
async function updates(database: Client): Promise<Map<string, Updates>> {
  const { rows } = await database.query<Record<keyof Updates | 'name', string>>(
    `SELECT relname AS name, n_tup_upd AS updated, n_tup_hot_upd AS hot, n_dead_tup AS dead, autovacuum_count AS vacuums
     FROM pg_stat_user_tables WHERE relname IN ('conversation', 'member') ORDER BY relname`,
  );
  return new Map(
    rows.map(({ name, updated, hot, dead, vacuums }) => {
      return [
        name,
        { updated: Number(updated), hot: Number(hot), dead: Number(dead), vacuums: Number(vacuums) },
      ];
    }),
  );
}
