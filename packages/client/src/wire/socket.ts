import {
  type ClientEvent,
  type ClientEvents,
  type Ready,
  type ServerEvent,
  type ServerEvents,
  SUBPROTOCOLS,
} from '@parley/protocol';
import {
  type Closed,
  type DataOf,
  FrameSocket,
  type ServerFrame,
  socketUrl,
  type WebSocketLike,
} from './frame-socket';

/** The third argument is that of `ws`; a browser's WebSocket takes no headers. */
export type WebSocketConstructor = new (
  url: string,
  protocols: string[],
  options: { headers: Record<string, string> },
) => WebSocketLike;
export type BrowserWebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

export type Listener<E extends ServerEvent> = (data: ServerEvents[E]) => void;
export type Listeners = { [E in ServerEvent]?: Listener<E> };

interface CommonOptions {
  /** The server's address, such as `https://chat.example.org`. */
  url: string;
  accessToken: string;
  /** Default `parley.v1`, the only one spoken here: JSON. */
  subprotocol?: string;
  /** There before the first frame is, so that they miss none. */
  listeners?: Listeners;
  /** Sees every frame first, pushes and replies in the order in which they came. */
  tap?: (frame: ServerFrame) => void;
}

/** The token goes into a first frame, as browsers have to, or into a header of the upgrade. */
export type SocketOptions = CommonOptions &
  (
    | { authenticate?: 'frame'; WebSocket: BrowserWebSocketConstructor }
    | { authenticate: 'header'; WebSocket: WebSocketConstructor }
  );

/** One authenticated connection, from its opening to its end; it does not come back by itself. */
export class ParleySocket {
  readonly #frames: FrameSocket;
  readonly #listeners = new Map<ServerEvent, Set<Listener<never>>>();
  #whatReadySaid: Ready | null = null;

  /** Opens a connection; resolves once the server has accepted the token. */
  static connect(options: SocketOptions): Promise<ParleySocket> {
    return new Promise((resolve, reject) => {
      const socket = new ParleySocket(options, reject);
      socket.on('ready', () => resolve(socket));
      void socket.closed.then((end) => reject(socket.#frames.lost('connect', end)));
    });
  }

  private constructor(options: SocketOptions, refused: (error: Error) => void) {
    for (const [event, listener] of Object.entries(options.listeners ?? {})) {
      this.on(event as ServerEvent, listener as Listener<ServerEvent>);
    }
    const socket = open(options);
    this.#frames = new FrameSocket(socket, (frame) => {
      options.tap?.(frame);
      if (frame.event !== 'reply') this.#emit(frame.event, frame.data);
    });
    if (options.authenticate === 'header') return;
    socket.onopen = () => {
      this.request('auth', { accessToken: options.accessToken }).catch((error: Error) => {
        refused(error);
        this.close();
      });
    };
  }

  /** Resolves when the connection has ended, by whomever. */
  get closed(): Promise<Closed> {
    return this.#frames.closed;
  }

  /** Who I am here, and the server's limits. */
  get ready(): Ready {
    if (!this.#whatReadySaid) throw new Error('The connection is not authenticated yet');
    return this.#whatReadySaid;
  }

  /** Sends a frame and resolves with the reply's data; rejects with a ParleyError. */
  request<E extends ClientEvent>(event: E, ...[data]: DataOf<E>): Promise<ClientEvents[E]['reply']> {
    return this.#frames.request(event, ...([data] as DataOf<E>));
  }

  /** Listens to pushes; returns what ends it. A listener must not throw. */
  on<E extends ServerEvent>(event: E, listener: Listener<E>): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  close(): void {
    this.#frames.close();
  }

  #emit(event: ServerEvent, data: unknown): void {
    if (event === 'ready') this.#whatReadySaid = data as Ready;
    for (const listener of this.#listeners.get(event) ?? []) listener(data as never);
  }
}

function open(options: SocketOptions): WebSocketLike {
  const protocols = [options.subprotocol ?? SUBPROTOCOLS.json];
  const url = socketUrl(options.url);
  if (options.authenticate !== 'header') return new options.WebSocket(url, protocols);
  const headers = { authorization: `Bearer ${options.accessToken}` };
  return new options.WebSocket(url, protocols, { headers });
}
