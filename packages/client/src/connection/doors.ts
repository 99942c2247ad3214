import { failure, ParleyError } from '../core/error';
import type { Runtime } from '../core/runtime';
import type { Link, OnPush } from '../wire/link';
import type { FetchLike } from '../wire/rest';
import type { BrowserWebSocketConstructor } from '../wire/socket';
import { openSocketLink } from './socket-link';
import type { Tokens } from './tokens';

/** Opens a link by another way than a socket. */
export type OpenFallback = (options: {
  readonly url: string;
  readonly accessToken: string;
  readonly runtime: Runtime;
  readonly fetch: FetchLike;
  /** Resolves when a socket has opened, which is to be used from then on; undefined where there are none. */
  readonly socket: (() => Promise<void>) | undefined;
}) => Promise<Link>;

export interface DoorsOptions {
  readonly url: string;
  readonly runtime: Runtime;
  readonly tokens: Tokens;
  readonly fetch: FetchLike;
  /** Missing: there are no sockets here. */
  readonly WebSocket: BrowserWebSocketConstructor | undefined;
  readonly fallback: OpenFallback | undefined;
  readonly onPush: OnPush;
}

/** So many sockets in a row that did not open, and REST is tried. */
const BLOCKED_AFTER = 2;
/** A socket that nobody has taken by then is not wanted any more. */
const SPARE_MS = 60_000;

/** Opens links to the server: sockets, and where these are blocked, what there is instead. */
export class Doors {
  #unopened = 0;
  /** A socket that opened while requests did its work. */
  #spare: Link | null = null;

  constructor(private readonly options: DoorsOptions) {}

  async open(): Promise<Link> {
    const spare = this.#spare;
    this.#spare = null;
    if (spare) return spare;
    const accessToken = await this.options.tokens.get();
    const { fallback } = this.options;
    try {
      return await this.#openSocket(accessToken);
    } catch (error) {
      if (!fallback || this.#unopened < BLOCKED_AFTER) throw error;
      return this.#fallBack(fallback, accessToken);
    }
  }

  async #openSocket(accessToken: string): Promise<Link> {
    const { WebSocket, ...options } = this.options;
    if (!WebSocket) {
      this.#unopened = BLOCKED_AFTER;
      throw failure('not_supported', 'connect', 'there is no WebSocket here: name one in the options');
    }
    let isOpen = false;
    const opened = () => {
      isOpen = true;
      this.#unopened = 0;
    };
    try {
      return await openSocketLink({ ...options, WebSocket, accessToken, opened });
    } catch (error) {
      if (!isOpen) this.#unopened++;
      throw error;
    }
  }

  async #fallBack(fallback: OpenFallback, accessToken: string): Promise<Link> {
    const socket = async () => {
      const link = (this.#spare = await this.#openSocket(await this.options.tokens.get()));
      this.options.runtime.after(SPARE_MS, () => {
        if (this.#spare === link) link.end('nobody wants it');
      });
    };
    try {
      return await fallback({ ...this.options, accessToken, socket: this.options.WebSocket && socket });
    } catch (error) {
      // Nothing gets through: the server is away, and its sockets are not blocked.
      if (error instanceof ParleyError && error.code === 'connection_lost') this.#unopened = 0;
      throw error;
    }
  }
}
