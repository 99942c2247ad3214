import type { Uuid } from '@parley/protocol';
import type { GetToken } from './connection/tokens';
import type { Runtime } from './core/runtime';
import type { OpenFallback } from './connection/doors';
import type { Keeping } from './storage/keeper';
import type { TabSharing } from './tabs/sharing';
import type { FetchLike } from './wire/rest';
import type { BrowserWebSocketConstructor } from './wire/socket';

export interface ParleyClientOptions {
  /** The server's address, such as `https://chat.example.org`. */
  readonly url: string;
  /** Gives an access token; `ParleyAccount` has one that does. */
  readonly getToken: GetToken;
  /** Where what is held survives a reload, such as `keepIn(indexedDbStorage())`; default: nowhere. */
  readonly storage?: Keeping;
  /** Who is logged in, if known: what is stored of anybody else is then never shown. */
  readonly userId?: Uuid;
  /** Default the global one; on Node before 22 that of the package `ws`. */
  readonly WebSocket?: BrowserWebSocketConstructor;
  /** Default the global one. */
  readonly fetch?: FetchLike;
  /** Lets the tabs of a browser share one connection: `browserTabs()`; default: each has its own. */
  readonly tabs?: TabSharing | undefined;
  /** What is done where sockets are blocked: `longPolling`; default: sockets are tried again and again. */
  readonly fallback?: OpenFallback;
  /** Time and chance; for tests. */
  readonly runtime?: Runtime;
}
