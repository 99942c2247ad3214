import { type Ready, SUBPROTOCOLS } from '@parley/protocol';
import { failure } from '../core/error';
import { type Runtime, within } from '../core/runtime';
import { FrameSocket, socketUrl } from '../wire/frame-socket';
import type { Link, OnPush } from '../wire/link';
import type { BrowserWebSocketConstructor } from '../wire/socket';
import { Heartbeat } from './heartbeat';

export interface SocketLinkOptions {
  readonly url: string;
  readonly accessToken: string;
  readonly WebSocket: BrowserWebSocketConstructor;
  readonly runtime: Runtime;
  readonly onPush: OnPush;
  /** Told that the server could be reached by a socket, whatever it says then. */
  readonly opened: () => void;
}

/** A socket that is not ready by then never will be. */
const HANDSHAKE_MS = 10_000;

/** Opens a socket, and resolves when the server has accepted the token. */
export async function openSocketLink(options: SocketLinkOptions): Promise<Link> {
  const { runtime, onPush, opened, accessToken } = options;
  let heartbeat: Heartbeat | null = null;
  const raw = new options.WebSocket(socketUrl(options.url), [SUBPROTOCOLS.json]);
  const socket = new FrameSocket(raw, (frame) => {
    opened();
    heartbeat?.heard();
    if (frame.event !== 'reply') onPush(frame);
  });
  const { closed } = socket;
  const accepted = new Promise<Ready>((resolve, reject) => {
    raw.onopen = () => void socket.request('auth', { accessToken }).then(resolve, reject);
    void closed.then((end) => reject(socket.lost('connect', end)));
  });
  const late = () => failure('connection_lost', 'connect', 'the server was not ready in time');
  const self = await within(runtime, HANDSHAKE_MS, accepted, late).catch((error: unknown) => {
    socket.abandon('it was not accepted');
    throw error;
  });
  heartbeat = new Heartbeat(runtime, self.heartbeatSeconds * 1_000, {
    ping: () => socket.request('ping'),
    dead: () => socket.abandon('nothing was heard on it'),
  });
  void closed.then(() => heartbeat?.stop());
  return {
    ...{ via: 'socket', polls: false, self, closed },
    request: (event, data, taken) => socket.request(event, ...([data, taken] as never)),
    check: () => heartbeat?.check(),
    end: (reason) => socket.abandon(reason),
  };
}
