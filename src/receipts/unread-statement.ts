import { LIMITS } from '@parley/protocol';

/**
 * SQL that tells of the member rows `m` whether they have deleted any message for themselves.
 *
 * Most have not, and are spared a look for every message. OFFSET 0 has it looked up once for each member.
 */
export const WITH_HIDING = `
  CROSS JOIN LATERAL (
    SELECT (
      SELECT true FROM hidden_message h
      WHERE h.user_id = m.user_id AND h.conversation_id = m.conversation_id LIMIT 1) AS hides OFFSET 0
  ) hiding`;

// A scalar look-up by the primary key: of NOT EXISTS a join could be made that reads the whole table.
const HIDDEN_SEQ = `(
    SELECT h.seq FROM hidden_message h
    WHERE h.user_id = m.user_id AND h.conversation_id = u.conversation_id AND h.message_id = u.id)`;

/** SQL of whether `m` has deleted the message `u` for themselves. */
export const HIDDEN = `${HIDDEN_SEQ} IS NOT NULL`;

/** SQL of what is unread to `m`: after their cursor, not theirs, neither deleted nor hidden; needs WITH_HIDING. */
export const UNREAD = `
  u.conversation_id = m.conversation_id AND u.seq > greatest(m.read_seq, m.joined_seq)
  AND u.sender_id <> m.user_id AND u.deleted_at IS NULL AND (hiding.hides IS NULL OR ${HIDDEN_SEQ} IS NULL)`;

/**
 * SQL that joins `unread` and `mentions` to the member rows `m`, each counted up to LIMITS.unreadCount.
 *
 * Index ranges that begin at the cursor. They end with the last one counted: what is passed over, like a
 * long monologue of one's own, costs a look at each.
 */
export const WITH_COUNTS = `${WITH_HIDING}
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS unread FROM (
      SELECT 1 FROM message u WHERE ${UNREAD} ORDER BY u.seq LIMIT ${LIMITS.unreadCount}) newer
  ) counted
  CROSS JOIN LATERAL (
    SELECT least(count(*), ${LIMITS.unreadCount})::int AS mentions FROM (
      (SELECT u.seq FROM mention n JOIN message u ON u.conversation_id = n.conversation_id AND u.seq = n.seq
       WHERE n.user_id = m.user_id AND n.conversation_id = m.conversation_id
         AND n.seq > greatest(m.read_seq, m.joined_seq) AND ${UNREAD}
       ORDER BY n.seq LIMIT ${LIMITS.unreadCount})
      UNION
      (SELECT u.seq FROM message u WHERE u.mentions_all AND ${UNREAD} ORDER BY u.seq LIMIT ${LIMITS.unreadCount})
    ) mentioning
  ) mentioned`;
