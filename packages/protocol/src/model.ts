/** A UUID in lower case with dashes. */
export type Uuid = string;
/** An instant as ISO 8601 in UTC with milliseconds, by the database's clock. */
export type Timestamp = string;

/** A person as others see them. */
export interface User {
  id: Uuid;
  username: string;
  displayName: string;
  /** A deleted account keeps its id and loses its names. */
  deleted: boolean;
}

/** A person as they see themselves. */
export interface Me extends User {
  /** Whether they may act for the whole server. */
  administrator: boolean;
  createdAt: Timestamp;
}

/** What log-in, registration and refresh answer. */
export interface Tokens {
  accessToken: string;
  refreshToken: string;
  /** Seconds for which the access token is good. */
  expiresIn: number;
  sessionId: Uuid;
  user: Me;
}

/** One device on which somebody is logged in. */
export interface Session {
  id: Uuid;
  deviceName: string | null;
  createdAt: Timestamp;
  lastUsedAt: Timestamp;
  /** Whether it is the session that asks. */
  current: boolean;
}

export const CONTACT_STATES = ['none', 'outgoing', 'incoming', 'accepted', 'blocked'] as const;
/** Somebody else as seen by me: a request I made, one made to me, a friend, or blocked by me. */
export type ContactState = (typeof CONTACT_STATES)[number];

export const CONTACT_ACTIONS = ['request', 'accept', 'decline', 'block', 'unblock'] as const;
export type ContactAction = (typeof CONTACT_ACTIONS)[number];

export interface Contact {
  user: User;
  state: ContactState;
  since: Timestamp;
}

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

/** A way into a group for whoever has its token, as those see it who keep order there. */
export interface Invite {
  id: Uuid;
  conversationId: Uuid;
  /** Who made it; it is good while they may add members. */
  creator: User;
  createdAt: Timestamp;
  /** Null: it does not end by itself. */
  expiresAt: Timestamp | null;
  /** People who may come by it; null: as many as the group takes. */
  maxUses: number | null;
  /** People who have come by it; who comes again counts once. */
  uses: number;
}

export interface InviteInput {
  /** Seconds for which it is to be good; missing: 7 days; null: without an end. */
  expiresIn?: number | null;
  /** Missing or null: as many people as the group takes. */
  maxUses?: number | null;
}

/** What making an invite answers: only this has its token. */
export interface InviteMade extends Invite {
  token: string;
}

/** What an invite shows of its group to who has its token. */
export interface InvitePreview {
  title: string | null;
  memberCount: number;
  historyVisible: boolean;
  /** Who made the invite. */
  creator: User;
  expiresAt: Timestamp | null;
  /** The group, if I am in it; null to others. */
  conversationId: Uuid | null;
}

export interface InviteAccepted {
  conversation: Conversation;
  /** Whether I was in it before. */
  duplicate: boolean;
}

export const INVITE_FLAWS = ['unknown', 'expired', 'revoked', 'used_up'] as const;
/** Why an invite cannot be used: `details.reason` of `invite_invalid`. */
export type InviteFlaw = (typeof INVITE_FLAWS)[number];

/** A part of a conversation's timeline. */
export interface History {
  /** In the order of seq. */
  messages: Message[];
  /** Whether there is more in the direction of reading. */
  more: boolean;
}

/** What a system entry in the timeline tells; `metadata` of a message of kind `system`. */
export type SystemEntry =
  | { type: 'conversation.created'; title: string | null }
  | { type: 'title.changed'; title: string }
  /** With `invitedBy` its sender has come by themselves, by an invite of that person's. */
  | { type: 'member.added'; userIds: Uuid[]; invitedBy?: Uuid }
  | { type: 'member.removed'; userId: Uuid }
  | { type: 'member.left'; userId: Uuid }
  | { type: 'role.changed'; userId: Uuid; role: MemberRole }
  | { type: 'ownership.handed_over'; userId: Uuid };

/** One emoji on a message, and who put it there. */
export interface Reaction {
  emoji: string;
  count: number;
  /** The first ten; the list has all. */
  userIds: Uuid[];
  /** Whether I have, where `userIds` does not tell; missing where everybody is told the same. */
  mine?: boolean;
}

/**
 * A message as one that answers it shows it; null when the original is hidden from the one who reads.
 *
 * It is as of the reading: when the original changes, `message.updated` tells of the original alone, and a
 * client renews every quote of it.
 */
export interface Quote {
  id: Uuid;
  seq: number;
  /** The original's version; of two quotes the one with the greater is right. */
  version: number;
  senderId: Uuid;
  kind: string;
  /** The first 200 characters; null when deleted. */
  text: string | null;
  deleted: boolean;
}

export interface Message {
  id: Uuid;
  conversationId: Uuid;
  /** Its number in the conversation, without gaps. */
  seq: number;
  /** The conversation's version at its last change. */
  version: number;
  senderId: Uuid;
  /** `text`, `system`, or a word of the product's own. */
  kind: string;
  text: string | null;
  metadata: Record<string, unknown> | null;
  mentions: Uuid[];
  /** Whether everybody is mentioned. */
  mentionsAll: boolean;
  /** The message that it answers. */
  replyTo: Uuid | null;
  quote: Quote | null;
  /** The earliest first. */
  reactions: Reaction[];
  createdAt: Timestamp;
  editedAt: Timestamp | null;
  /** Deleted for everyone: body, reactions, mentions and pin are gone, the seq stays. */
  deletedAt: Timestamp | null;
  pinnedAt: Timestamp | null;
  pinnedBy: Uuid | null;
}

/** What a message was before an edit. */
export interface MessageEdit {
  /** The message's version while it was so. */
  version: number;
  text: string | null;
  mentions: Uuid[];
  /** When it was replaced. */
  editedAt: Timestamp;
}

/** That somebody has put an emoji on a message. */
export interface ReactionEntry {
  userId: Uuid;
  emoji: string;
  createdAt: Timestamp;
}

export const PRESENCE_STATUSES = ['online', 'away', 'busy', 'invisible', 'offline', 'unknown'] as const;
/** `unknown`: the server cannot tell now, or you may not know. `invisible`: to own devices only. */
export type PresenceStatus = (typeof PRESENCE_STATUSES)[number];

export const CHOSEN_STATUSES = ['online', 'away', 'busy', 'invisible'] as const;
/** What a person can choose to be shown as while connected; `invisible` shows as offline. */
export type ChosenStatus = (typeof CHOSEN_STATUSES)[number];

export interface Presence {
  userId: Uuid;
  status: PresenceStatus;
  /** When the last connection ended; null while online or when not known. */
  lastSeenAt: Timestamp | null;
}

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

/** One page of a list; `cursor` asks for the next and is null on the last. */
export interface Page<T> {
  items: T[];
  cursor: string | null;
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
