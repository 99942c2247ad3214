import {
  type ClientEvent,
  type ClientEvents,
  closeAdvice,
  type CloseAdvice,
  type Ready,
  type ReplyFrame,
  type ServerEvent,
  type ServerEvents,
  SOCKET_PATH,
  SUBPROTOCOLS,
} from '@parley/protocol';
import { connectionLost, ParleyError } from './error';

/** What this package needs of a WebSocket: the browser's, Node's and that of `ws` have it. */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
}

/** The third argument is that of `ws`; a browser's WebSocket takes no headers. */
export type WebSocketConstructor = new (
  url: string,
  protocols: string[],
  options: { headers: Record<string, string> },
) => WebSocketLike;
export type BrowserWebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

export type Listener<E extends ServerEvent> = (data: ServerEvents[E]) => void;
export type Listeners = { [E in ServerEvent]?: Listener<E> };

/** A frame of the server: a push of some event, or the reply to a request. */
export type ServerFrame =
  ReplyFrame | { [E in ServerEvent]: { event: E; data: ServerEvents[E] } }[ServerEvent];

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

/** How a connection ended, and what to do now. */
export interface Closed {
  code: number;
  reason: string;
  advice: CloseAdvice;
}

/** Those events that are asked without data may be. */
type DataOf<E extends ClientEvent> = undefined extends ClientEvents[E]['data']
  ? [data?: ClientEvents[E]['data']]
  : [data: ClientEvents[E]['data']];

interface Waiting {
  resolve(data: unknown): void;
  reject(error: ParleyError): void;
}

/** Codes of closes that no frame announced. */
const LOST = 1006;
const NO_CODE = 1005;

/** One authenticated connection, from its opening to its end; it does not come back by itself. */
export class ParleySocket {
  /** Resolves when the connection has ended, by whomever. */
  readonly closed: Promise<Closed>;
  private readonly socket: WebSocketLike;
  private readonly listeners = new Map<ServerEvent, Set<Listener<never>>>();
  private readonly waiting = new Map<number, Waiting>();
  private readonly tap: SocketOptions['tap'];
  private lastRef = 0;
  private failure = '';
  private end: Closed | null = null;
  private whatReadySaid: Ready | null = null;

  /** Opens a connection; resolves once the server has accepted the token. */
  static connect(options: SocketOptions): Promise<ParleySocket> {
    return new Promise((resolve, reject) => {
      const socket = new ParleySocket(options, reject);
      socket.on('ready', () => resolve(socket));
      void socket.closed.then((end) => reject(socket.lost(end)));
    });
  }

  private constructor(options: SocketOptions, refused: (error: Error) => void) {
    this.tap = options.tap;
    for (const [event, listener] of Object.entries(options.listeners ?? {})) {
      this.on(event as ServerEvent, listener as Listener<ServerEvent>);
    }
    this.socket = open(options);
    this.closed = new Promise((resolve) => {
      this.socket.onclose = ({ code, reason }: { code: number; reason: string }) =>
        resolve(this.ended(code, reason));
    });
    this.socket.onerror = ({ message }: { message?: unknown }) => {
      if (typeof message === 'string') this.failure = message;
    };
    this.socket.onmessage = ({ data }: { data: unknown }) => this.receive(data);
    if (options.authenticate === 'header') return;
    this.socket.onopen = () => {
      this.request('auth', { accessToken: options.accessToken }).catch((error: Error) => {
        refused(error);
        this.close();
      });
    };
  }

  /** Who I am here, and the server's limits. */
  get ready(): Ready {
    if (!this.whatReadySaid) throw new Error('The connection is not authenticated yet');
    return this.whatReadySaid;
  }

  /** Sends a frame and resolves with the reply's data; rejects with a ParleyError. */
  request<E extends ClientEvent>(event: E, ...[data]: DataOf<E>): Promise<ClientEvents[E]['reply']> {
    return new Promise((resolve, reject) => {
      if (this.end) {
        reject(this.lost(this.end));
        return;
      }
      const ref = ++this.lastRef;
      this.socket.send(JSON.stringify({ event, data, ref }));
      this.waiting.set(ref, { resolve, reject });
    });
  }

  /** Listens to pushes; returns what ends it. A listener must not throw. */
  on<E extends ServerEvent>(event: E, listener: Listener<E>): () => void {
    const listeners = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  close(): void {
    this.socket.close(1000);
  }

  private receive(data: unknown): void {
    const frame = parseFrame(data);
    if (!frame) return;
    this.tap?.(frame);
    if (frame.event === 'reply') this.settle(frame);
    else this.emit(frame.event, frame.data);
  }

  private settle(frame: ReplyFrame): void {
    const ref = Number(frame.ref);
    const waiting = this.waiting.get(ref);
    this.waiting.delete(ref);
    if (frame.ok) waiting?.resolve(frame.data);
    else waiting?.reject(new ParleyError(frame.error));
  }

  private emit(event: ServerEvent, data: unknown): void {
    if (event === 'ready') this.whatReadySaid = data as Ready;
    for (const listener of this.listeners.get(event) ?? []) listener(data as never);
  }

  private ended(code: number | undefined, reason: string): Closed {
    const known = code === undefined || code === NO_CODE ? LOST : code;
    this.end = { code: known, reason, advice: closeAdvice(known) };
    for (const waiting of this.waiting.values()) waiting.reject(this.lost(this.end));
    this.waiting.clear();
    return this.end;
  }

  private lost({ code, reason }: Closed): ParleyError {
    const why = [reason, this.failure].filter(Boolean).join(', ');
    return connectionLost(`The connection ended with ${code}${why && `: ${why}`}`);
  }
}

function open(options: SocketOptions): WebSocketLike {
  const protocols = [options.subprotocol ?? SUBPROTOCOLS.json];
  const url = socketUrl(options.url);
  if (options.authenticate !== 'header') return new options.WebSocket(url, protocols);
  const headers = { authorization: `Bearer ${options.accessToken}` };
  return new options.WebSocket(url, protocols, { headers });
}

/** `https://host/` as `wss://host/ws`. */
function socketUrl(url: string): string {
  const base = url.replace(/^http/i, 'ws').replace(/\/+$/, '');
  return base.endsWith(SOCKET_PATH) ? base : base + SOCKET_PATH;
}

// What is no frame of ours is dropped: a server of a later version may say more than we know.
function parseFrame(data: unknown): ServerFrame | null {
  if (typeof data !== 'string') return null;
  try {
    const value: unknown = JSON.parse(data);
    const isFrame = typeof value === 'object' && value !== null && 'event' in value;
    return isFrame ? (value as ServerFrame) : null;
  } catch {
    return null;
  }
}
