import type { Conversation, Member, MemberRole } from './conversations';
import type { Message } from './messages';
import type { MemberReceipt } from './receipts';
import type { User } from './users';
import type { Uuid } from './values';

/** A conversation as one member's list shows it. */
export interface ConversationSummary extends Conversation {
  role: MemberRole;
  /** Messages up to and including this one are not shown to me. */
  joinedSeq: number;
  deliveredSeq: number;
  readSeq: number;
  /** Messages after `readSeq`, not mine, not deleted, visible to me; counted up to 1,000. */
  unread: number;
  /** Those of them that mention me; counted up to 1,000. */
  unreadMentions: number;
  lastMessage: Message | null;
  /** The other person of a direct conversation. */
  peer: User | null;
}

/** What has changed in my list of conversations. */
export interface SyncPage {
  /** What has changed, the latest changed first. */
  conversations: ConversationSummary[];
  /** Conversations that I am not in any more. */
  removed: Uuid[];
  /** Messages that I have deleted for myself. */
  hidden: HiddenMessage[];
  /** For the next page, or, when there is no more, for the next sync. */
  cursor: string;
  more: boolean;
}

/** A message that one person has deleted for themselves. */
export interface HiddenMessage {
  conversationId: Uuid;
  id: Uuid;
  seq: number;
}

/** Messages that were left out, both ends included. */
export interface Gap {
  from: number;
  to: number;
}

/** What has changed in one conversation. */
export interface Changes {
  conversationId: Uuid;
  /** First those changed at or before `afterSeq`, in the order of version, then new ones, in that of seq. */
  messages: Message[];
  /** Members who came or changed. */
  members: Member[];
  /** Members who went. */
  gone: { userId: Uuid; version: number }[];
  /** Everybody's cursors, in conversations of up to 100 members; on the last page. */
  receipts: MemberReceipt[];
  /** The client's version from here on, even if it was shown nothing. */
  through: number;
  more: boolean;
  /** Set when too many are new: the newest page is there, and what is between is read by history. */
  gap: Gap | null;
}
