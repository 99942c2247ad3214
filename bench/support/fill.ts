import type { Client } from 'pg';

/** As people write: half of the texts below 30 characters, a few of some hundred. */
const TEXT = `left(repeat(md5(i::text), 20), greatest(2, least(600, exp(3.4 + random_normal())))::int)`;

/** Messages that one statement inserts. */
const PART = 500_000;

/** Gives each of the conversations messages up to a seq, from their members in turn. */
export async function fillMessages(
  client: Client,
  conversationIds: readonly string[],
  { from, to, senderIds }: { from: number; to: number; senderIds: readonly string[] },
): Promise<void> {
  // What is filled may be lost in a crash; what the server writes meanwhile is not this session's.
  await client.query('SET synchronous_commit = off');
  const step = Math.max(1, Math.floor(PART / conversationIds.length));
  for (let at = from; at <= to; at += step) {
    await client.query(
      `INSERT INTO message (conversation_id, id, request_hash, seq, version, sender_id, kind, text, created_at)
       SELECT c.id, uuidv7(), sha256(i::text::bytea), i, i, ($2::uuid[])[1 + i % cardinality($2::uuid[])], 'text', ${TEXT},
         now() - make_interval(secs => $4::int - i)
       FROM generate_series($3::int, $4::int) i CROSS JOIN unnest($1::uuid[]) c(id)`,
      [conversationIds, senderIds, at, Math.min(to, at + step - 1)],
    );
  }
  await client.query(
    'UPDATE conversation SET last_seq = $2::int, version = version - last_seq + $2::int WHERE id = ANY($1::uuid[])',
    [conversationIds, to],
  );
  await client.query('RESET synchronous_commit');
}

/** A conversation that is to be made. */
export interface Gathering {
  id: string;
  memberIds: readonly string[];
}

/** Makes conversations without messages: groups, or direct ones of two. */
export async function fillConversations(
  client: Client,
  kind: 'direct' | 'group',
  wanted: readonly Gathering[],
): Promise<void> {
  const keyOf = ({ memberIds }: Gathering) => (kind === 'direct' ? [...memberIds].sort().join(':') : null);
  await client.query(
    `INSERT INTO conversation (id, kind, title, direct_key, history_visible, created_by, version, members_version, member_count)
     SELECT id, $4, CASE WHEN key IS NULL THEN 'Group' END, key, true, maker, 1, 1, count
     FROM unnest($1::uuid[], $2::text[], $3::uuid[], $5::int[]) AS w (id, key, maker, count)`,
    [
      wanted.map(({ id }) => id),
      wanted.map(keyOf),
      wanted.map(({ memberIds }) => memberIds[0]),
      kind,
      wanted.map(({ memberIds }) => memberIds.length),
    ],
  );
  await client.query(
    `INSERT INTO member (conversation_id, user_id, version)
     SELECT conversation_id, user_id, 1 FROM unnest($1::uuid[], $2::uuid[]) AS w (conversation_id, user_id)`,
    [
      wanted.flatMap(({ id, memberIds }) => memberIds.map(() => id)),
      wanted.flatMap(({ memberIds }) => memberIds),
    ],
  );
}

/** Makes accounts that nobody uses, and puts them into a conversation. */
export async function fillMembers(client: Client, conversationId: string, count: number): Promise<void> {
  await client.query(
    `WITH added AS (
       INSERT INTO "user" (id, username, display_name)
       SELECT uuidv7(), 'offline-' || i, 'Offline ' || i FROM generate_series(1, $2::int) i RETURNING id
     ), members AS (
       INSERT INTO member (conversation_id, user_id) SELECT $1, id FROM added
     )
     UPDATE conversation SET member_count = member_count + $2 WHERE id = $1`,
    [conversationId, count],
  );
}
