import type { CloseInfo } from '@parley/protocol';
import type { Actor } from '../common/actor';
import type { Frame } from './frame';

/** One authenticated socket as features see it; the socket itself stays hidden. */
export interface Connection extends Actor {
  readonly id: string;
  /** Queues a frame; a client too slow for its queue is closed instead. Never throws. */
  send(frame: Frame): void;
  /** Ends it with a code that says what to do next. */
  close(reason: CloseInfo): void;
}
