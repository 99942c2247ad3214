import type { ContactState, Message, Presence, User, Uuid } from '@parley/protocol';
import type { ParleyError } from './core/error';
import type { PendingMessage } from './state/conversation-state';

/** What a client tells of as it happens; what is the case now is in its stores. */
export interface ParleyEvents {
  /**
   * A message is there that was not, anybody's. `isLive`: it was pushed, and not found by catching up: what a
   * notification wants to know.
   */
  message: { message: Message; isLive: boolean };
  /** A message of mine is stored. */
  sent: { message: Message };
  /** A message of mine was refused: `retry` or `discard` it. */
  failed: { pending: PendingMessage; error: ParleyError };
  /** I am in a conversation that I was not in, or that was not known here. */
  joined: { conversationId: Uuid };
  /** I am not in it any more. */
  left: { conversationId: Uuid };
  typing: { conversationId: Uuid; userIds: readonly Uuid[] };
  presence: Presence;
  contact: { userId: Uuid; state: ContactState };
  /** Somebody has been told of, with their names. */
  user: User;
  /** The client has stopped by itself: the session has ended, or nobody is logged in. */
  stopped: { error: ParleyError };
  /** Something in the background failed that nobody asked for, such as writing to the storage. */
  problem: { error: ParleyError };
}
