import type { Conversation, Member, MemberRole, Message, MessageInput, User, Uuid } from '@parley/protocol';
import type { ParleyError } from '../core/error';

/** A conversation as its line in the list shows it. */
export interface ConversationState extends Conversation {
  /** Mine. */
  readonly role: MemberRole;
  /** Messages up to and including this one are not shown to me. */
  readonly joinedSeq: number;
  /** My cursors. */
  readonly deliveredSeq: number;
  readonly readSeq: number;
  /** Counted up to 1,000: a badge shows "1000+" from there. */
  readonly unread: number;
  /** Those of them that mention me. */
  readonly unreadMentions: number;
  readonly lastMessage: Message | null;
  /** The other person of a direct conversation. */
  readonly peer: User | null;
  /**
   * Up to which message everybody else has got and has read it; null where that is not known: in
   * conversations of more than 100 members, and in those that have not been looked at yet.
   */
  readonly deliveredToAll: number | null;
  readonly readByAll: number | null;
}

/** Members, as far as they are held: of large groups only some, see `ConversationHandle.listMembers`. */
export type Members = readonly Member[];

/** What a message of one's own that is not stored yet is up to. */
export type PendingStatus = 'pending' | 'failed';

/** A message that is on its way: shown at once, kept over reloads, sent in order. */
export interface PendingMessage extends Readonly<MessageInput> {
  /** Null while it is to a user with whom there is no conversation yet. */
  readonly conversationId: Uuid | null;
  /** The user it is to, in that case. */
  readonly to: Uuid | null;
  /** When it was written, by this device's clock, as ISO 8601. */
  readonly createdAt: string;
  readonly status: PendingStatus;
  /** Why it failed; null while it is pending. */
  readonly failure: SendFailure | null;
}

/** Why a message was not stored: `retry` sends it again, `discard` forgets it. */
export type SendFailure = Pick<ParleyError, 'code' | 'message' | 'retryable' | 'details'>;

/** What is shown of a conversation's messages. */
export interface MessageList {
  /** Stored, in the order of seq, without a gap, up to the newest. */
  readonly messages: readonly Message[];
  /** On their way, in the order in which they were written; they come after all that are stored. */
  readonly pending: readonly PendingMessage[];
  /** Whether there are older ones: `loadOlder` reads them. */
  readonly hasOlder: boolean;
  readonly isLoadingOlder: boolean;
  /** Whether they have been read: until then an empty list does not mean that there are none. */
  readonly isLoaded: boolean;
}

/** What the mark beside a message of one's own says. */
export type Mark = 'pending' | 'failed' | 'sent' | 'delivered' | 'read';

/** The mark of a message of mine: delivered and read mean by everybody else. */
export function markOf(message: Message | PendingMessage, conversation: ConversationState): Mark {
  if ('status' in message) return message.status;
  if (message.seq <= (conversation.readByAll ?? 0)) return 'read';
  return message.seq <= (conversation.deliveredToAll ?? 0) ? 'delivered' : 'sent';
}
