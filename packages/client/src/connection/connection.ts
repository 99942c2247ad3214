import type { CloseAdvice } from '@parley/protocol';
import { failure, ParleyError, unable } from '../core/error';
import { type Runtime, within } from '../core/runtime';
import { Store } from '../core/store';
import type { Link, Push, Via } from '../wire/link';
import { Backoff } from './backoff';
import { isOffline, listenToPage } from './page-signals';
import { isStaleToken, type Tokens } from './tokens';

/**
 * `idle` before the start, `waiting` for the next attempt, `stopped` when it will not come back by itself:
 * the app has stopped it, the session has ended, or the server takes this client for no Parley client.
 */
export type ConnectionStatus = 'idle' | 'connecting' | 'online' | 'waiting' | 'stopped';

export interface LinkState {
  readonly status: ConnectionStatus;
  /** By which way the server is reached; null while it is not. */
  readonly via: Via | null;
  /** When the next attempt is due while `waiting`, in milliseconds since 1970. */
  readonly retryAt: number | null;
  /** Why it is waiting, or was stopped; null while all is well, and when the app stopped it. */
  readonly error: ParleyError | null;
}

export interface ConnectionOptions {
  readonly runtime: Runtime;
  readonly tokens: Tokens;
  /** Opens a link; whatever it rejects with, another attempt follows, unless the log-in has ended. */
  open(): Promise<Link>;
  readonly up: (link: Link) => void;
  readonly down: () => void;
}

/** Where no network is said to be, an attempt is made all the same now and then: it may be wrong. */
const OFFLINE_MS = 30_000;
/** Looking at a page again and again does not make for more attempts than this. */
const WAKE_MS = 1_000;

const ENDINGS: readonly string[] = ['logged_out', 'session_revoked', 'account_closed'];

/** Keeps one link to the server: opens it, watches over it, and opens another when it has ended. */
export class Connection {
  readonly state = new Store<LinkState>(() => this.#current);
  link: Link | null = null;
  #current: LinkState = { status: 'idle', via: null, retryAt: null, error: null };
  readonly #backoff: Backoff;
  #isRunning = false;
  #isOver = false;
  #reopening = false;
  #drainingMs: number | null = null;
  #attemptedAt = 0;
  #endRest: (() => void) | null = null;
  #unlisten: () => void = () => undefined;

  constructor(private readonly options: ConnectionOptions) {
    this.#backoff = new Backoff(options.runtime);
  }

  /** Begins, or begins again after `stop`. */
  start(): void {
    this.#isOver = false;
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#unlisten = listenToPage({ wake: () => this.wake(), lost: () => this.link?.check?.() });
    void this.#run();
  }

  /** Ends the link, and opens no other. */
  stop(error: ParleyError | null = null): void {
    this.#isOver = true;
    this.#unlisten();
    this.link?.end('it was stopped here');
    this.#endRest?.();
    this.#set({ status: 'stopped', error });
  }

  /** Now is a good time: looks whether the link lives, or tries again without waiting on. */
  wake(): void {
    this.link?.check?.();
    // Who was told when to come back comes back then.
    if (this.#drainingMs === null && this.options.runtime.now() - this.#attemptedAt >= WAKE_MS)
      this.#endRest?.();
  }

  /** Another way is to be taken from here on. */
  reopen(): void {
    this.#reopening = true;
    this.link?.end('another way is taken');
    this.#endRest?.();
  }

  /** The link, as soon as there is one. */
  whenUp(act: string, patienceMs: number): Promise<Link> {
    if (this.#isOver) return Promise.reject(failure('stopped', act, 'the client has been stopped'));
    if (this.link) return Promise.resolve(this.link);
    let unsubscribe: () => void = () => undefined;
    const up = new Promise<Link>((resolve, reject) => {
      unsubscribe = this.state.subscribe(() => {
        if (this.link) resolve(this.link);
        else if (this.#isOver) reject(failure('stopped', act, 'the client has been stopped'));
      });
    });
    const late = () => failure('not_connected', act, 'there is no connection');
    return within(this.options.runtime, patienceMs, up, late).finally(() => unsubscribe());
  }

  /** To be told what is pushed, before anybody else is. */
  pushed(push: Push): void {
    if (push.event === 'server.draining') this.#drainingMs = push.data.reconnectAfterMs;
    if (push.event === 'session.ending') void this.#renewInPlace().catch(() => undefined); // the close tells
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      this.#reopening = false;
      this.#drainingMs = null;
      this.#attemptedAt = this.options.runtime.now();
      this.#set({ status: 'connecting', error: this.#current.error });
      let error: ParleyError;
      try {
        error = await this.#live(await this.options.open());
      } catch (thrown) {
        error = await this.#mended(unable('connect', thrown), adviceOf(thrown));
      }
      if (this.#isOver) break;
      if (ENDINGS.includes(error.code) || error.code === 'stopped') this.stop(error);
      else if (!this.#reopening) await this.#rest(error);
    }
    this.#isRunning = false;
  }

  /** From when a link is ready to its end; why it ended. */
  async #live(link: Link): Promise<ParleyError> {
    if (this.#isOver || this.#reopening) {
      link.end('it is not wanted any more');
      return failure('connection_lost', 'connect', 'another way is taken');
    }
    this.link = link;
    this.#backoff.up();
    this.#set({ status: 'online', via: link.via });
    this.options.up(link);
    const { code, reason, advice } = await link.closed;
    this.link = null;
    this.options.down();
    const why = `the connection ended with ${code}${reason && `: ${reason}`}`;
    const ending = advice === 'stop' ? 'stopped' : 'connection_lost';
    return this.#mended(failure(ending, 'stay connected', why), advice);
  }

  /** Does what the advice says before the next attempt. */
  async #mended(error: ParleyError, advice: CloseAdvice): Promise<ParleyError> {
    if (advice !== 'refresh' || this.#isOver) return error;
    try {
      await this.options.tokens.renew();
      return error;
    } catch (thrown) {
      return thrown as ParleyError;
    }
  }

  async #rest(error: ParleyError): Promise<void> {
    const { runtime } = this.options;
    const backoffMs = this.#backoff.down();
    const ms = this.#drainingMs ?? (isOffline() ? Math.max(OFFLINE_MS, backoffMs) : backoffMs);
    this.#set({ status: 'waiting', error, retryAt: runtime.now() + ms });
    await new Promise<void>((resolve) => {
      const cancel = runtime.after(ms, resolve);
      this.#endRest = () => {
        cancel();
        resolve();
      };
    });
    this.#endRest = null;
  }

  async #renewInPlace(): Promise<void> {
    const accessToken = await this.options.tokens.renew();
    await this.link?.request('auth.refresh', { accessToken });
  }

  #set(state: Partial<LinkState>): void {
    this.#current = { status: 'idle', via: null, retryAt: null, error: null, ...state };
    this.state.changed();
  }
}

function adviceOf(error: unknown): CloseAdvice {
  return isStaleToken(error) ? 'refresh' : 'reconnect';
}
