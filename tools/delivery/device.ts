import type { ParleyRest, ParleySocket } from '@parley/client';
import type { HeldConversation } from './held-conversation';
import type { Trace } from './trace';

/** A conversation as a device holds it. */
export type Held = Pick<
  HeldConversation,
  'id' | 'kind' | 'lastSeq' | 'memberIds' | 'own' | 'shown' | 'hide' | 'view'
>;

/** Somebody's client in a run: the model of one, or the package that apps are built on. */
export interface Device {
  readonly name: string;
  readonly userId: string;
  readonly trace: Trace;
  /** When the last frame came. */
  readonly heardAt: number;
  /** Whether it is connected, has caught up, and nothing is under way. */
  readonly isSettled: boolean;
  /** As its owner, past the client. */
  readonly rest: ParleyRest;
  readonly replica: { readonly conversations: ReadonlyMap<string, Held> };
  start(): void;
  /** Ends it for good. */
  stop(): Promise<void>;
  /** What is to ask by, as soon as it can. */
  socket(): Promise<Pick<ParleySocket, 'request'>>;
  /** What it stores, as text. */
  stored(): string;
  /** Ends the app at once, and starts it with what was stored some time, or with nothing. */
  restart(stored: string | null): void;
  /** Somebody looks at what was written before. */
  scroll(): Promise<void>;
  /** Looks at everything: what nobody looks at need not be held. */
  readAll(): Promise<void>;
}
