import type { Client } from 'pg';
import { fillMessages } from './fill';

/** Messages in each conversation at first, and those that come while everybody is away. */
const HISTORY = 10;
const MISSED = 3;
const GROUP_SIZE = 30;

/** The conversations of a crowd: everybody has four direct ones and a group. */
export interface StormData {
  /** Those in which something is missed: two direct ones of each, and the group. */
  lively: string[];
}

/** Makes conversations past the API, with some history. */
export async function makeConversations(client: Client, userIds: readonly string[]): Promise<StormData> {
  const lively: string[] = [];
  for (const step of [1, 7]) {
    const { rows } = await client.query<{ id: string }>(
      `WITH pair AS (
         SELECT uuidv7() AS id, a, ($1::uuid[])[1 + (n::int - 1 + $2) % cardinality($1::uuid[])] AS b
         FROM unnest($1::uuid[]) WITH ORDINALITY AS u (a, n)
       ), made AS (
         INSERT INTO conversation (id, kind, direct_key, created_by, member_count)
         SELECT id, 'direct', least(a, b) || ':' || greatest(a, b), a, 2 FROM pair
       ), members AS (
         INSERT INTO member (conversation_id, user_id) SELECT id, unnest(ARRAY[a, b]) FROM pair
       ) SELECT id FROM pair`,
      [userIds, step],
    );
    if (step === 1) lively.push(...rows.map((row) => row.id));
    await fillMessages(
      client,
      rows.map((row) => row.id),
      { from: 1, to: HISTORY, senderIds: userIds.slice(0, 2) },
    );
  }
  const { rows } = await client.query<{ id: string }>(
    `WITH part AS (
       SELECT uuidv7() AS id, array_agg(u) AS users
       FROM unnest($1::uuid[]) WITH ORDINALITY AS x (u, n) GROUP BY (n - 1) / $2
     ), made AS (
       INSERT INTO conversation (id, kind, title, created_by, member_count)
       SELECT id, 'group', 'Group', users[1], cardinality(users) FROM part
     ), members AS (
       INSERT INTO member (conversation_id, user_id) SELECT id, unnest(users) FROM part
     ) SELECT id FROM part`,
    [userIds, GROUP_SIZE],
  );
  const groups = rows.map((row) => row.id);
  await fillMessages(client, groups, { from: 1, to: HISTORY, senderIds: userIds.slice(0, 2) });
  await client.query('VACUUM ANALYZE');
  return { lively: [...lively, ...groups] };
}

/** Writes what everybody misses, past the API, so that nobody hears of it. */
export async function writeMissed(client: Client, { lively }: StormData, senderIds: string[]): Promise<void> {
  const { rows } = await client.query<{ at: string }>(
    'SELECT max(last_seq) AS at FROM conversation WHERE id = $1',
    [lively[0]],
  );
  const at = Number(rows[0]?.at);
  await fillMessages(client, lively, { from: at + 1, to: at + MISSED, senderIds });
  await client.query(
    'UPDATE conversation SET changed_xid = pg_current_xact_id()::text::bigint, active_at = now() WHERE id = ANY($1::uuid[])',
    [lively],
  );
}
