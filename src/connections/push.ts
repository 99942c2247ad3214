import type { Frame } from './frame';
import type { PushPosition } from './push-order';
import type { Recipients } from './recipients';

/** A frame for some users, wherever they are connected. */
export interface Push {
  readonly to: Recipients;
  readonly frame: Frame;
  /** Connection that is not told, because it is answered. */
  readonly except?: string | undefined;
  /** What happened in a conversation goes out in its order; other pushes follow, as they came. */
  readonly position?: PushPosition | undefined;
  /** Whether it tells of who is in the conversation: other nodes then read that first. */
  readonly changesMembers?: boolean;
}
