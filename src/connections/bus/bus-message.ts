import type { ChosenStatus, PresenceStatus } from '@parley/protocol';
import type { Commit } from '../../common/commit';
import type { Frame } from '../frame';
import type { PushPosition } from '../push-order';
import type { Sight } from '../recipients';

/** A frame of a telling, and who gets it: users by id, or members of its conversation by what they can see. */
export interface Told {
  readonly to: readonly string[] | Sight;
  readonly frame: Frame;
}

/** What somebody is shown as from now on. */
export interface PresenceNews {
  readonly userId: string;
  /** To others, and to their own devices. */
  readonly status: PresenceStatus;
  readonly own: ChosenStatus;
  /** Milliseconds since 1970. */
  readonly lastSeenAt: number | null;
  readonly toOthers: boolean;
  readonly toSelf: boolean;
}

/** What a node says of itself once in a while: by it the others know whether they have heard all. */
export interface Beat {
  readonly node: string;
  /** A transaction: it has done nothing before. */
  readonly begun: string;
  /** How many it has sent, this one included. */
  readonly count: number;
  /** Messages that it could not publish until now. */
  readonly losses: number;
  /** A transaction: what all before it did had been published when the beat before was sent. */
  readonly from: string;
}

/** What nodes tell one another. */
export type BusMessage =
  | {
      /** Everything that is told of one version of a conversation. */
      readonly type: 'telling';
      readonly position: PushPosition;
      readonly told: readonly Told[];
    }
  /** That there is something to be read from the database: members have changed, say. */
  | { readonly type: 'commit'; readonly commit: Commit }
  /** To some users, beside the order of any conversation. */
  | { readonly type: 'push'; readonly userIds: readonly string[]; readonly frame: Frame }
  /** That what is unread to some users has changed, and is to be counted where they are connected. */
  | { readonly type: 'recount'; readonly userIds: readonly string[]; readonly conversationId: string }
  | { readonly type: 'presence'; readonly changes: readonly PresenceNews[] }
  | { readonly type: 'beat'; readonly beat: Beat }
  /** Sessions that have ended: nothing is taken from them any more, and nothing given. */
  | { readonly type: 'revoked'; readonly sessionIds: readonly string[] }
  /** People with whom a user stands otherwise now: friends no more, blocked, or not any longer. */
  | { readonly type: 'contacts'; readonly userId: string; readonly contactIds: readonly string[] };
