import type { Me, Session, Tokens, Uuid } from '@parley/protocol';
import { failure, ParleyError, unable } from './core/error';
import { host, type LocksLike } from './core/host';
import { type GetToken, isStaleToken } from './connection/tokens';
import { type FetchLike, ParleyRest } from './wire/rest';

/** What is kept of a log-in: who it is and the tokens, or with `cookie` no token at all. */
export type KeptSession = Pick<Tokens, 'sessionId' | 'user'> & Partial<Tokens>;

/** Where a log-in is kept, such as localStorage; without one it lives as long as the page. */
export interface TokenStore {
  read(): Promise<KeptSession | null> | KeptSession | null;
  write(session: KeptSession | null): Promise<void> | void;
}

type AccessToken = Pick<Tokens, 'sessionId' | 'accessToken'>;

export interface AccountOptions {
  readonly url: string;
  readonly store?: TokenStore;
  readonly fetch?: FetchLike;
  /**
   * For pages that the server itself serves: the refresh token is in a cookie that no script can read, the
   * access token in memory, and the store has neither.
   */
  readonly cookie?: boolean;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** A UUID that the device keeps: logging in again ends the session before on it. */
  readonly deviceId?: Uuid;
  readonly deviceName?: string;
}

/** Registration, log-in and the tokens of Parley's own accounts; its `getToken` is what a client wants. */
export class ParleyAccount {
  readonly #rest: ParleyRest;
  readonly #store: TokenStore;
  readonly #cookie: boolean;
  /** With a cookie: of this page, and as long as it is there. */
  #held: AccessToken | null = null;
  #refreshing: Promise<string> | null = null;

  constructor(options: AccountOptions) {
    const fetch = options.fetch ?? ((url, init) => host.fetch!(url, init));
    this.#cookie = options.cookie ?? false;
    const headers: Record<string, string> = this.#cookie ? { 'parley-session': 'cookie' } : {};
    this.#rest = new ParleyRest({ url: options.url, fetch, headers });
    this.#store = options.store ?? memoryTokens();
  }

  /** Who is logged in; null when nobody is. */
  async current(): Promise<Me | null> {
    return (await this.#store.read())?.user ?? null;
  }

  register(credentials: Credentials & { readonly displayName: string }): Promise<Me> {
    return this.#enter('register', '/v1/auth/register', credentials);
  }

  logIn(credentials: Credentials): Promise<Me> {
    return this.#enter('log in', '/v1/auth/login', credentials);
  }

  /** Ends the session here, and on the server if that can be reached; whether it has ended there. */
  async logOut(): Promise<boolean> {
    try {
      await this.#ask('log out', 'POST', '/v1/auth/logout');
      return true;
    } catch (error) {
      // It has ended already, or nobody was logged in.
      return isFinal(error);
    } finally {
      await this.#write(null);
    }
  }

  /** My account. */
  me(): Promise<Me> {
    return this.#ask('read your account', 'GET', '/v1/users/me');
  }

  /** Changes my display name. */
  rename(displayName: string): Promise<Me> {
    return this.#ask('change your name', 'PATCH', '/v1/users/me', { displayName });
  }

  /** Where I am logged in. */
  async sessions(): Promise<Session[]> {
    return (await this.#ask<{ items: Session[] }>('list the sessions', 'GET', '/v1/auth/sessions')).items;
  }

  /** Logs a device out. */
  async endSession(sessionId: Uuid): Promise<void> {
    await this.#ask('end the session', 'DELETE', `/v1/auth/sessions/${sessionId}`);
  }

  /** Deletes my account; this cannot be undone. */
  async remove(password: string): Promise<void> {
    await this.#ask('delete the account', 'DELETE', '/v1/users/me', { password });
    await this.#write(null);
  }

  /** Changes the password; all other sessions end. */
  async changePassword(input: {
    readonly currentPassword: string;
    readonly newPassword: string;
  }): Promise<void> {
    await this.#ask('change the password', 'POST', '/v1/auth/password', input);
  }

  /** For `ParleyClient`: the token that is good, refreshed when it is not any more. */
  readonly getToken = async ({ renew }: Parameters<GetToken>[0]): Promise<string | null> => {
    const session = await this.#store.read();
    if (!session) return null;
    return (renew ? undefined : this.#tokenOf(session)) ?? this.#refresh(session);
  };

  async #ask<T>(act: string, method: string, path: string, body?: unknown): Promise<T> {
    for (let renew = false; ; renew = true) {
      const token = await this.getToken({ renew });
      if (token === null) throw failure('logged_out', act, 'nobody is logged in');
      try {
        return await this.#rest.as(token).call<T>(method, path, body);
      } catch (error) {
        if (renew || !isStaleToken(error)) throw unable(act, error);
      }
    }
  }

  async #enter(act: string, path: string, input: object): Promise<Me> {
    const tokens = await this.#rest.call<Tokens>('POST', path, input).catch((error: unknown) => {
      throw unable(act, error);
    });
    await this.#write(tokens);
    return tokens.user;
  }

  #tokenOf({ sessionId, accessToken }: KeptSession): string | undefined {
    if (!this.#cookie) return accessToken;
    return this.#held?.sessionId === sessionId ? this.#held.accessToken : undefined;
  }

  async #write(tokens: Tokens | null): Promise<void> {
    if (!this.#cookie) return this.#store.write(tokens);
    this.#held = tokens;
    await this.#store.write(tokens && { sessionId: tokens.sessionId, user: tokens.user });
  }

  #refresh(stale: KeptSession): Promise<string> {
    const name = `parley tokens ${stale.sessionId}`;
    return (this.#refreshing ??= alone(name, () => this.#exchange(stale)).finally(
      () => (this.#refreshing = null),
    ));
  }

  async #exchange(stale: KeptSession): Promise<string> {
    const held = await this.#store.read();
    if (!held) throw failure('logged_out', 'refresh the token', 'nobody is logged in');
    const { refreshToken, accessToken } = held;
    // Another tab has done so meanwhile.
    if (accessToken && refreshToken !== stale.refreshToken) return accessToken;
    try {
      const tokens = await this.#rest.call<Tokens>('POST', '/v1/auth/refresh', { refreshToken });
      // The cookie is the browser's: somebody else has logged in, and this page has not heard of it yet.
      if (tokens.user.id !== held.user.id)
        throw failure('logged_out', 'refresh the token', 'somebody else has logged in');
      await this.#write(tokens);
      return tokens.accessToken;
    } catch (error) {
      if (isFinal(error) && error.code !== 'logged_out') await this.#write(null);
      throw unable('refresh the token', error);
    }
  }
}

/** Whether it is the server's word that no retry helps. */
function isFinal(error: unknown): error is ParleyError {
  return error instanceof ParleyError && !error.retryable && error.code !== 'answer_invalid';
}

function memoryTokens(): TokenStore {
  let held: KeptSession | null = null;
  return { read: () => held, write: (session) => void (held = session) };
}

/** Does it while no other tab does the same, where tabs can tell. */
async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks: LocksLike | undefined = host.navigator?.locks;
  return locks ? ((await locks.request(name, {}, work)) as T) : work();
}
