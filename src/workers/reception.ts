import type { Server } from 'node:http';

const TURN_MS = 100;
/** New sockets that are left to others in a turn. */
const MAX_DECLINED = 20;

/**
 * Whether a worker takes new sockets, or leaves them to workers that have fewer.
 *
 * A server that has `maxConnections` declines, and the primary offers the socket to another worker; while all
 * others are busy, it comes back at once. So some are taken in the end, or the offers would go in circles.
 */
export class Reception {
  accepting = true;
  private declined = 0;

  constructor(server: Server) {
    Object.defineProperty(server, 'maxConnections', { get: () => this.limit() });
    setInterval(() => (this.declined = 0), TURN_MS).unref();
  }

  private limit(): number | undefined {
    if (this.accepting || this.declined >= MAX_DECLINED) return undefined;
    this.declined++;
    return 1;
  }
}
