import type { Conversation, Member, MemberReceipt, MemberRole, Message, User, Uuid } from '@parley/protocol';
import type { Count } from './unread-count';
import type { Place } from './version-line';

/** The head of a conversation, as plain data. */
export interface StoredHead {
  conversation: Conversation;
  titleSeq: number;
  joinedSeq: number;
  role: MemberRole;
  peer: User | null;
  lastMessage: Message | null;
  count: Count;
}

/** A conversation, as plain data. */
export interface StoredConversation extends StoredHead {
  place: Place;
  isStale: boolean;
  isRead: boolean;
  hasAllMembers: boolean;
  /** Messages up to it are not held. */
  floor: number;
  members: Member[];
  gone: [userId: Uuid, version: number][];
  receipts: MemberReceipt[];
  messages: readonly Message[];
  hidden: [id: Uuid, seq: number][];
}
