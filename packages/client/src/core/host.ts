import type { FetchLike } from '../wire/rest';
import type { BrowserWebSocketConstructor } from '../wire/socket';

interface Listening {
  addEventListener(event: string, listener: () => void): void;
  removeEventListener(event: string, listener: () => void): void;
}

/** What this package uses of a BroadcastChannel. */
export interface ChannelLike {
  postMessage(message: unknown): void;
  close(): void;
  onmessage: ((event: { data: unknown }) => unknown) | null;
}

/** What this package uses of `navigator.locks`. */
export interface LocksLike {
  request(name: string, options: { signal?: unknown }, hold: () => Promise<unknown>): Promise<unknown>;
}

/** The globals that may be there: a browser has all, Node and React Native some. */
interface Host extends Partial<Listening> {
  fetch?: FetchLike;
  WebSocket?: BrowserWebSocketConstructor;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  AbortController?: new () => { signal: unknown; abort(): void };
  crypto?: { getRandomValues(bytes: Uint8Array): unknown };
  navigator?: { onLine?: boolean; locks?: LocksLike };
  document?: Listening & { visibilityState: string };
  BroadcastChannel?: new (name: string) => ChannelLike;
  indexedDB?: unknown;
}

/** The global object, by what this package may find there; there is no DOM on Node and React Native. */
export const host = globalThis as unknown as Host;
