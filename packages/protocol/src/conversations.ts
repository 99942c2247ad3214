import type { User } from './users';
import type { Timestamp, Uuid } from './values';

export const CONVERSATION_KINDS = ['direct', 'group'] as const;
export type ConversationKind = (typeof CONVERSATION_KINDS)[number];

export const MEMBER_ROLES = ['owner', 'admin', 'member'] as const;
export type MemberRole = (typeof MEMBER_ROLES)[number];

export interface Conversation {
  id: Uuid;
  kind: ConversationKind;
  /** Groups only. */
  title: string | null;
  /** Whether who joins sees what was written before; fixed when the group is made. */
  historyVisible: boolean;
  /** The number of its newest message; messages are numbered 1, 2, 3… */
  lastSeq: number;
  /** Counts every change that all members see. */
  version: number;
  memberCount: number;
  createdAt: Timestamp;
}

export interface Member {
  userId: Uuid;
  role: MemberRole;
  joinedSeq: number;
  deliveredSeq: number;
  readSeq: number;
  version: number;
}

/** A member as the list of members shows them. */
export interface MemberProfile extends Member {
  user: User;
}

/** What making a conversation answers. */
export interface ConversationCreated {
  conversation: Conversation;
  /** Whether it was there already: made by an earlier request, or the direct one of these two. */
  duplicate: boolean;
}
