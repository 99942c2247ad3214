import type { Frame } from '../frame';

/** What nodes tell one another. */
export type BusMessage = {
  type: 'push';
  /** Who is to get it, wherever they are connected. */
  userIds: Iterable<string>;
  frame: Frame;
};
