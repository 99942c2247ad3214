import type { Member, Message, Reaction } from '@parley/protocol';
import { Client, type ClientConfig } from 'pg';
import type { Findings } from './findings';
import { type TrueConversation, Truth } from './truth';

interface ConversationRow extends Pick<
  TrueConversation,
  'id' | 'kind' | 'title' | 'historyVisible' | 'memberCount' | 'lastSeq'
> {
  version: number;
}

type Times = 'createdAt' | 'editedAt' | 'deletedAt' | 'pinnedAt';
type MessageRow = Omit<Message, Times | 'mentions' | 'reactions' | 'quote'> & {
  [K in Times]: Date | null;
} & { mentions: string[] | null; reactions: Reaction[] | null };

const OURS = `(SELECT conversation_id FROM member WHERE user_id = ANY($1::uuid[]))`;

const CONVERSATIONS = `
  SELECT id, kind, title, history_visible AS "historyVisible", member_count AS "memberCount",
    last_seq::float8 AS "lastSeq", version::float8 AS version
  FROM conversation WHERE id IN ${OURS}`;

const MEMBERS = `
  SELECT conversation_id AS "conversationId", user_id AS "userId", role, joined_seq::float8 AS "joinedSeq",
    delivered_seq::float8 AS "deliveredSeq", read_seq::float8 AS "readSeq", version::float8 AS version
  FROM member WHERE conversation_id IN ${OURS} AND left_at IS NULL`;

const MESSAGES = `
  SELECT conversation_id AS "conversationId", id, seq::float8 AS seq, version::float8 AS version,
    sender_id AS "senderId", kind, text, metadata, mentions, mentions_all AS "mentionsAll", reply_to AS "replyTo",
    reactions, created_at AS "createdAt", edited_at AS "editedAt", deleted_at AS "deletedAt",
    pinned_at AS "pinnedAt", pinned_by AS "pinnedBy"
  FROM message WHERE conversation_id IN ${OURS} ORDER BY conversation_id, seq`;

const HIDDEN = `
  SELECT conversation_id AS "conversationId", user_id AS "userId", message_id AS id
  FROM hidden_message WHERE conversation_id IN ${OURS}`;

/** Counts that are carried on in rows, and are not what is counted in the tables. */
const MISCOUNTED = `
  SELECT 'reactions' AS what, m.conversation_id AS "conversationId", m.id,
    coalesce(carried.list, '') AS carried, coalesce(counted.list, '') AS counted
  FROM message m
  CROSS JOIN LATERAL (
    SELECT string_agg((r ->> 'emoji') || ' ' || (r ->> 'count'), ', ' ORDER BY r ->> 'emoji') AS list
    FROM jsonb_array_elements(coalesce(m.reactions, '[]')::jsonb) r) carried
  CROSS JOIN LATERAL (
    SELECT string_agg(emoji || ' ' || count, ', ' ORDER BY emoji) AS list FROM (
      SELECT emoji, count(*) FROM reaction r
      WHERE r.conversation_id = m.conversation_id AND r.message_id = m.id GROUP BY emoji) kinds) counted
  WHERE m.conversation_id IN ${OURS} AND carried.list IS DISTINCT FROM counted.list
  UNION ALL
  SELECT 'mentions', m.conversation_id, m.id, coalesce(cardinality(m.mentions), 0)::text, counted.n::text
  FROM message m
  CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM mention n WHERE n.conversation_id = m.conversation_id AND n.seq = m.seq) counted
  WHERE m.conversation_id IN ${OURS} AND coalesce(cardinality(m.mentions), 0) <> counted.n
  UNION ALL
  SELECT 'members', c.id, NULL, c.member_count::text, counted.n::text
  FROM conversation c
  CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM member m WHERE m.conversation_id = c.id AND m.left_at IS NULL) counted
  WHERE c.id IN ${OURS} AND c.member_count <> counted.n`;

/** Whether it is the database of the server where these users have registered. */
export async function isTheirs(database: ClientConfig, userIds: readonly string[]): Promise<boolean> {
  const client = new Client(database);
  try {
    await client.connect();
    const { rows } = await client.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM "user" WHERE id = ANY($1::uuid[])',
      [userIds],
    );
    return rows[0]?.n === userIds.length;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Reads all that these users were ever in; what does not hold together is told as a finding. */
export async function readDatabase(
  database: ClientConfig,
  userIds: readonly string[],
  findings: Findings,
): Promise<Truth> {
  const client = new Client(database);
  await client.connect();
  const rows = async <T>(sql: string) => (await client.query(sql, [userIds])).rows as T[];
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    const conversations = await rows<ConversationRow>(CONVERSATIONS);
    const members = groupBy(await rows<Member & { conversationId: string }>(MEMBERS));
    const messages = groupBy(await rows<MessageRow>(MESSAGES));
    const hidden = groupBy(await rows<{ conversationId: string; userId: string; id: string }>(HIDDEN));
    for (const each of await rows<Record<'what' | 'conversationId' | 'id' | 'carried' | 'counted', string>>(
      MISCOUNTED,
    )) {
      const where = `${each.conversationId}${each.id ? `, message ${each.id}` : ''}`;
      findings.add(
        'stale',
        `the ${each.what} of ${where} are carried as ${each.carried}, and are ${each.counted}`,
      );
    }
    return new Truth(
      conversations.map((row) => [
        row.id,
        {
          ...row,
          members: new Map(
            (members.get(row.id) ?? []).map(({ conversationId: _, ...member }) => [member.userId, member]),
          ),
          messages: new Map((messages.get(row.id) ?? []).map((message) => [message.id, toMessage(message)])),
          hidden: hiddenByUser(hidden.get(row.id) ?? []),
          knownFrom: 0,
        },
      ]),
      true,
    );
  } finally {
    await client.end();
  }
}

function groupBy<T extends { conversationId: string }>(rows: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.conversationId);
    if (group) group.push(row);
    else groups.set(row.conversationId, [row]);
  }
  return groups;
}

function hiddenByUser(rows: readonly { userId: string; id: string }[]): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>();
  for (const { userId, id } of rows) users.set(userId, (users.get(userId) ?? new Set()).add(id));
  return users;
}

function toMessage(row: MessageRow): Message {
  const time = (date: Date | null) => date?.toISOString() ?? null;
  return {
    ...row,
    mentions: row.mentions ?? [],
    reactions: row.reactions ?? [],
    quote: null,
    createdAt: time(row.createdAt) ?? '',
    editedAt: time(row.editedAt),
    deletedAt: time(row.deletedAt),
    pinnedAt: time(row.pinnedAt),
  };
}
