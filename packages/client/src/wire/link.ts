import type { ClientEvent, ClientEvents, Ready } from '@parley/protocol';
import type { Closed, ServerFrame } from './frame-socket';

/** A push of the server, as a link hands it on. */
export type Push = Exclude<ServerFrame, { event: 'reply' }>;

/** How a link reaches the server: a socket, requests that wait, or another tab's link. */
export type Via = 'socket' | 'poll' | 'tab';

/** What is known of oneself on a link. */
export type Self = Pick<Ready, 'userId' | 'sessionId' | 'heartbeatSeconds'>;

/** One way to the server, from when it is ready to its end; it does not come back by itself. */
export interface Link {
  readonly via: Via;
  /** Whether nothing is pushed, so that `sync` has to wait for news. */
  readonly polls: boolean;
  readonly self: Self;
  /** Resolves when it has ended, by whomever. */
  readonly closed: Promise<Closed>;
  /**
   * Asks, and resolves with the answer; rejects with a ParleyError.
   *
   * @param taken Called with the answer at its place among the pushes, before the promise is resolved.
   */
  request<E extends ClientEvent>(
    event: E,
    data: LinkData<E>,
    taken?: (reply: ClientEvents[E]['reply']) => void,
  ): Promise<ClientEvents[E]['reply']>;
  /** Looks at once whether it still leads anywhere, where that is not told by itself. */
  check?(): void;
  /** Ends it at once. */
  end(reason: string): void;
}

/** What is asked; a sync may wait for news where nothing is pushed. */
export type LinkData<E extends ClientEvent> = E extends 'sync'
  ? ClientEvents['sync']['data'] & { wait?: number }
  : ClientEvents[E]['data'];

/** Takes pushes in, in their order. */
export type OnPush = (push: Push) => void;
