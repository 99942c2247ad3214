import {
  type ClientEvent,
  type ClientEvents,
  closeAdvice,
  type CloseAdvice,
  type ReplyFrame,
  type ServerEvent,
  type ServerEvents,
  SOCKET_PATH,
} from '@parley/protocol';
import { failure, ParleyError } from '../core/error';

/** What this package needs of a WebSocket: the browser's, Node's and that of `ws` have it. */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  terminate?(): void;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
}

/** A frame of the server: a push of some event, or the reply to a request. */
export type ServerFrame =
  ReplyFrame | { [E in ServerEvent]: { event: E; data: ServerEvents[E] } }[ServerEvent];

/** How a connection ended, and what to do now. */
export interface Closed {
  code: number;
  reason: string;
  advice: CloseAdvice;
}

/** Those events that are asked without data may be. */
export type DataOf<E extends ClientEvent> = undefined extends ClientEvents[E]['data']
  ? [data?: ClientEvents[E]['data']]
  : [data: ClientEvents[E]['data']];

interface Waiting {
  event: ClientEvent;
  taken: ((reply: never) => void) | undefined;
  resolve: (data: unknown) => void;
  reject: (error: ParleyError) => void;
}

/** Codes of closes that no frame announced. */
const LOST = 1006;
const NO_CODE = 1005;

/** Frames over a WebSocket: each request gets its reply, or the error of the connection's end. */
export class FrameSocket {
  /** Resolves when the connection has ended, by whomever. */
  readonly closed: Promise<Closed>;
  readonly #waiting = new Map<number, Waiting>();
  #endWith!: (code: number | undefined, reason: string) => void;
  #lastRef = 0;
  #failure = '';
  #end: Closed | null = null;

  /** @param onFrame Sees every frame first, pushes and replies in the order in which they came. */
  constructor(
    private readonly socket: WebSocketLike,
    private readonly onFrame: (frame: ServerFrame) => void,
  ) {
    this.closed = new Promise((resolve) => {
      this.#endWith = (code, reason) => resolve(this.#ended(code, reason));
    });
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => this.#endWith(code, reason);
    socket.onerror = ({ message }: { message?: unknown }) => {
      if (typeof message === 'string') this.#failure = message;
    };
    socket.onmessage = ({ data }: { data: unknown }) => this.#receive(data);
  }

  /**
   * Sends a frame and resolves with the reply's data; rejects with a ParleyError.
   *
   * @param taken Called with the reply at its place among the pushes, before the promise is resolved.
   */
  request<E extends ClientEvent>(
    event: E,
    ...rest: [...DataOf<E>, taken?: (reply: ClientEvents[E]['reply']) => void]
  ): Promise<ClientEvents[E]['reply']> {
    const [data, taken] = rest as unknown[] as [unknown, Waiting['taken']];
    return new Promise((resolve, reject) => {
      if (this.#end) {
        reject(this.lost(event, this.#end));
        return;
      }
      const ref = ++this.#lastRef;
      this.socket.send(JSON.stringify({ event, data, ref }));
      this.#waiting.set(ref, { event, taken, resolve: resolve as Waiting['resolve'], reject });
    });
  }

  close(): void {
    this.socket.close(1000);
  }

  /** Ends it here and now: on a dead connection the other side would not be heard closing. */
  abandon(reason: string): void {
    if (this.#end) return;
    this.#endWith(LOST, reason);
    // That of `ws` would wait for the other side for half a minute.
    if (this.socket.terminate) this.socket.terminate();
    else this.close();
  }

  #receive(data: unknown): void {
    const frame = this.#end ? null : parseFrame(data);
    if (!frame) return;
    this.onFrame(frame);
    if (frame.event !== 'reply') return;
    const ref = Number(frame.ref);
    const waiting = this.#waiting.get(ref);
    this.#waiting.delete(ref);
    if (frame.ok) {
      waiting?.taken?.(frame.data as never);
      waiting?.resolve(frame.data);
    } else waiting?.reject(new ParleyError(frame.error));
  }

  #ended(code: number | undefined, reason: string): Closed {
    if (this.#end) return this.#end;
    const known = code === undefined || code === NO_CODE ? LOST : code;
    this.#end = { code: known, reason, advice: closeAdvice(known) };
    for (const { event, reject } of this.#waiting.values()) reject(this.lost(event, this.#end));
    this.#waiting.clear();
    return this.#end;
  }

  /** The error of what was not answered any more. */
  lost(act: string, { code, reason }: Closed): ParleyError {
    const why = [reason, this.#failure].filter(Boolean).join(', ');
    return failure('connection_lost', act, `the connection ended with ${code}${why && `: ${why}`}`);
  }
}

/** `https://host/` as `wss://host/ws`. */
export function socketUrl(url: string): string {
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
