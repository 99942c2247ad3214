import type { MemberRole } from './conversations';
import type { Timestamp, Uuid } from './values';

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
