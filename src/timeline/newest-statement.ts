import { LIMITS, type Message } from '@parley/protocol';
import type { MessageEntity } from './message.entity';
import { asSeenFrom, type Original, toQuote } from './quotes';
import { toMessage } from './to-message';

/** Columns of a message that it is shown by, as JSON; the dates are texts. */
const SHOWN: readonly (readonly [name: keyof MessageEntity, column: string])[] = [
  ['conversationId', 'conversation_id'],
  ['id', 'id'],
  ['seq', 'seq'],
  ['version', 'version'],
  ['senderId', 'sender_id'],
  ['kind', 'kind'],
  ['text', 'text'],
  ['metadata', 'metadata'],
  ['mentions', 'mentions'],
  ['mentionsAll', 'mentions_all'],
  ['replyTo', 'reply_to'],
  ['reactions', 'reactions'],
  ['createdAt', 'created_at'],
  ['editedAt', 'edited_at'],
  ['deletedAt', 'deleted_at'],
  ['pinnedAt', 'pinned_at'],
  ['pinnedBy', 'pinned_by'],
];

/** What NEWEST_COLUMNS select. */
export interface NewestRow {
  /** Null when there is none that somebody can see. */
  newest: Record<string, unknown> | null;
  /** The message that it answers. */
  original: Original | null;
}

export const NEWEST_COLUMNS = `
  CASE WHEN newest.id IS NOT NULL THEN json_build_object(
    ${SHOWN.map(([name, column]) => `'${name}', newest.${column}`).join(', ')}) END AS newest,
  CASE WHEN original.id IS NOT NULL THEN json_build_object(
    'conversationId', original.conversation_id, 'id', original.id, 'seq', original.seq,
    'version', original.version, 'senderId', original.sender_id, 'kind', original.kind,
    'text', left(original.text, ${LIMITS.quoteLength}), 'deletedAt', original.deleted_at) END AS original`;

/**
 * SQL that joins to the member rows `m` the newest message that each can see, and what that one answers.
 *
 * OFFSET 0 and the scalar look-up leave one way: single rows by their keys.
 */
export const WITH_NEWEST = `
  LEFT JOIN LATERAL (
    SELECT u.* FROM message u
    WHERE u.conversation_id = m.conversation_id AND u.seq > m.joined_seq
      AND (SELECT h.seq FROM hidden_message h
        WHERE h.user_id = m.user_id AND h.conversation_id = u.conversation_id AND h.message_id = u.id) IS NULL
    ORDER BY u.seq DESC LIMIT 1
  ) newest ON true
  LEFT JOIN LATERAL (
    SELECT * FROM message o WHERE o.conversation_id = m.conversation_id AND o.id = newest.reply_to OFFSET 0
  ) original ON true`;

/** The newest message as somebody sees it whose sight begins after a seq. */
export function toNewest({ newest, original }: NewestRow, joinedSeq: number): Message | null {
  if (!newest) return null;
  const date = (name: keyof MessageEntity) => {
    const text = newest[name];
    return typeof text === 'string' ? new Date(text) : null;
  };
  const row = newest as unknown as MessageEntity;
  const message = toMessage({
    ...row,
    createdAt: date('createdAt') ?? new Date(NaN),
    editedAt: date('editedAt'),
    deletedAt: date('deletedAt'),
    pinnedAt: date('pinnedAt'),
  });
  if (original) message.quote = toQuote(original);
  return asSeenFrom(message, joinedSeq);
}
