import type { Uuid } from './values';

/** How far one member has got; cursors only move forward. */
export interface Receipt {
  conversationId: Uuid;
  userId: Uuid;
  deliveredSeq: number;
  readSeq: number;
}

/** A Receipt within its conversation. */
export type MemberReceipt = Omit<Receipt, 'conversationId'>;

/** What one has not read in a conversation. */
export interface Unread {
  conversationId: Uuid;
  /** Messages after `readSeq`, not mine, not deleted, visible to me; counted up to 1,000. */
  unread: number;
  /** Those of them that mention me; counted up to 1,000. */
  unreadMentions: number;
  /** A count for a smaller one than the client's is out of date. */
  readSeq: number;
  /** The newest message when it was counted: later ones are to be added. */
  lastSeq: number;
}

/** One's own cursors, and what is left unread. */
export type ReadReceipt = Receipt & Unread;

/** A message that is counted as unread. */
export interface CountedMessage {
  seq: number;
  senderId: Uuid;
  /** Whether it mentions me. */
  mentions: boolean;
}

/** How a number of unread messages comes about. */
export interface UnreadExplanation {
  joinedSeq: number;
  readSeq: number;
  lastSeq: number;
  /** The greater of `joinedSeq` and `readSeq`: messages after it are looked at. */
  from: number;
  /** The first 100 that are counted. */
  counted: CountedMessage[];
  /** Those looked at that are not counted, by the first reason that holds. */
  notCounted: { mine: number; deleted: number; hidden: number };
  /** Whether the counting ended at 1,000: what comes after that message was not looked at. */
  capped: boolean;
}

/** Who has got and who has read one message; the sender is in neither list. */
export interface Readers {
  seq: number;
  readBy: Uuid[];
  deliveredTo: Uuid[];
}
