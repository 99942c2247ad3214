import type { Me, Session, Tokens, Uuid } from '@parley/protocol';
import { failure, ParleyError, unable } from './core/error';
import { host, type LocksLike } from './core/host';
import { type GetToken, isStaleToken } from './connection/tokens';
import { type FetchLike, ParleyRest } from './wire/rest';

/** Where an account's tokens are kept, such as localStorage; without one they live as long as the page. */
export interface TokenStore {
  read(): Promise<Tokens | null> | Tokens | null;
  write(tokens: Tokens | null): Promise<void> | void;
}

export interface AccountOptions {
  readonly url: string;
  readonly store?: TokenStore;
  readonly fetch?: FetchLike;
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
  #refreshing: Promise<Tokens> | null = null;

  constructor(options: AccountOptions) {
    const fetch = options.fetch ?? ((url, init) => host.fetch!(url, init));
    this.#rest = new ParleyRest({ url: options.url, fetch });
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

  /** Ends the session here, and on the server if that can be reached. */
  async logOut(): Promise<void> {
    const tokens = await this.#store.read();
    await this.#store.write(null);
    if (tokens)
      await this.#rest
        .as(tokens.accessToken)
        .call('POST', '/v1/auth/logout')
        .catch(() => undefined);
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
    await this.#store.write(null);
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
    const tokens = await this.#store.read();
    if (!tokens) return null;
    return (renew ? await this.#refresh(tokens) : tokens).accessToken;
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
    await this.#store.write(tokens);
    return tokens.user;
  }

  #refresh(stale: Tokens): Promise<Tokens> {
    const name = `parley tokens ${stale.sessionId}`;
    return (this.#refreshing ??= alone(name, () => this.#exchange(stale)).finally(
      () => (this.#refreshing = null),
    ));
  }

  async #exchange(stale: Tokens): Promise<Tokens> {
    const held = await this.#store.read();
    if (!held) throw failure('logged_out', 'refresh the token', 'nobody is logged in');
    // Another tab has done so meanwhile.
    if (held.refreshToken !== stale.refreshToken) return held;
    const { refreshToken } = held;
    try {
      const tokens = await this.#rest.call<Tokens>('POST', '/v1/auth/refresh', { refreshToken });
      await this.#store.write(tokens);
      return tokens;
    } catch (error) {
      if (error instanceof ParleyError && !error.retryable && error.code !== 'answer_invalid') {
        await this.#store.write(null);
      }
      throw unable('refresh the token', error);
    }
  }
}

function memoryTokens(): TokenStore {
  let held: Tokens | null = null;
  return { read: () => held, write: (tokens) => void (held = tokens) };
}

/** Does it while no other tab does the same, where tabs can tell. */
async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks: LocksLike | undefined = host.navigator?.locks;
  return locks ? ((await locks.request(name, {}, work)) as T) : work();
}
