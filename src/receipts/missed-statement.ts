import { LIMITS } from '@parley/protocol';
import type { DataSource } from 'typeorm';

/** What concerns some users and may not have been told here. */
export interface Missed {
  /** Cursors that have moved, and whom to tell. */
  cursors: {
    conversationId: string;
    userId: string;
    deliveredSeq: number;
    readSeq: number;
    users: string[];
  }[];
  /** Conversations that have changed, and those of the users who are in them. */
  changed: { conversationId: string; users: string[] }[];
  /** What they have deleted for themselves. */
  hidden: { conversationId: string; userId: string; id: string; seq: number }[];
}

const MINE = `
  WITH mine AS (
    SELECT conversation_id, array_agg(user_id) AS users FROM member
    WHERE user_id = ANY($1::uuid[]) AND left_at IS NULL GROUP BY conversation_id
  )`;

// Above a hundred members only one's own devices are told. Where nothing has been delivered there is nothing to tell.
const CURSORS = `${MINE}
  SELECT m.conversation_id AS "conversationId", m.user_id AS "userId",
    m.delivered_seq::float8 AS "deliveredSeq", m.read_seq::float8 AS "readSeq",
    CASE WHEN c.member_count <= $3 THEN mine.users ELSE ARRAY[m.user_id] END AS users
  FROM mine
  JOIN conversation c ON c.id = mine.conversation_id
  JOIN member m ON m.conversation_id = c.id
  WHERE m.left_at IS NULL AND m.changed_xid >= $2::bigint AND (m.delivered_seq > 0 OR m.read_seq > 0)
    AND (c.member_count <= $3 OR m.user_id = ANY(mine.users))`;

const CHANGED = `${MINE}
  SELECT c.id AS "conversationId", mine.users
  FROM mine JOIN conversation c ON c.id = mine.conversation_id
  WHERE c.changed_xid >= $2::bigint AND c.member_count <= $3`;

const HIDDEN = `
  SELECT conversation_id AS "conversationId", user_id AS "userId", message_id AS id, seq::float8 AS seq
  FROM hidden_message WHERE user_id = ANY($1::uuid[]) AND changed_xid >= $2::bigint`;

/** Reads what has happened to these users from a transaction on, and takes no version. */
export async function readMissed(
  source: DataSource,
  userIds: readonly string[],
  since: string,
): Promise<Missed> {
  const small = LIMITS.smallGroupMembers;
  return {
    cursors: await source.query(CURSORS, [userIds, since, small]),
    changed: await source.query(CHANGED, [userIds, since, small]),
    hidden: await source.query(HIDDEN, [userIds, since]),
  };
}
