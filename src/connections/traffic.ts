import type { Encoding } from '@parley/protocol';
import { CLOSE } from '@parley/protocol';
import { Counts } from '../metrics/counts';

/** Codes that are counted one by one: ours, and those that WebSocket implementations give themselves. */
const CODES = new Set(
  [1000, 1001, 1002, 1005, 1006, 1009, 1011].concat(Object.values(CLOSE).map(({ code }) => code)),
);

/** What has gone over the sockets of a node. */
export class Traffic {
  readonly connections = new Counts();
  readonly closed = new Counts();
  /** By event; frames that are none of a handler's as `unknown`. */
  readonly received = new Counts();
  readonly sent = new Counts();

  opened(encoding: Encoding): void {
    this.connections.add(encoding);
  }

  /** `encoding`: of a socket that was authenticated. */
  ended(code: number, encoding?: Encoding): void {
    this.closed.add(CODES.has(code) ? String(code) : 'other');
    if (encoding) this.connections.add(encoding, -1);
  }
}
