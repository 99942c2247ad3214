import type { Server } from 'node:http';
import { LIMITS } from '@parley/protocol';

/** For the head of a request, from the opening of its connection on. */
const HEAD_MS = 10_000;
/** For a whole request, its body among it. */
const REQUEST_MS = 30_000;
/** How often connections are looked through for those that take longer. */
const LOOK_MS = 5_000;
/** Without a byte in either direction: longer than a request waits for news. */
const IDLE_MS = (LIMITS.syncWaitSeconds + 10) * 1_000;
/** For TLS to be agreed upon. */
export const TLS_HANDSHAKE_MS = 10_000;

/** Has connections end that begin and do not go on; to be called before the server listens. */
export function limitTimes(server: Server): void {
  server.headersTimeout = HEAD_MS;
  server.requestTimeout = REQUEST_MS;
  // Node reads it when the server begins to listen; its types know it as an option only.
  Object.assign(server, { connectionsCheckingInterval: LOOK_MS });
  server.setTimeout(IDLE_MS);
}
