import type { CloseInfo } from '@parley/protocol';
import type { WebSocket } from 'ws';

/** How long a client may take to answer a close before its socket is cut. */
export const CLOSE_GRACE_MS = 5_000;

/** Says goodbye; a client that does not answer is cut off. */
export function closeSocket(socket: WebSocket, reason: CloseInfo): void {
  const wasOpen = socket.readyState === socket.OPEN;
  socket.close(reason.code, reason.reason);
  // ws itself cuts what it closes, but not a socket whose client hung up without reading what waits for it.
  if (!wasOpen) setTimeout(() => socket.terminate(), CLOSE_GRACE_MS).unref();
}
