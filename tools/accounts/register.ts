import { randomBytes } from 'node:crypto';
import { ParleyError, type ParleyRest } from '@parley/client';
import type { Tokens } from '@parley/protocol';
import { Gate, pause } from '../support/flow';

/** An account of a tool's own. */
export interface Account {
  userId: string;
  accessToken: string;
  /** When the token ends, in ms since 1970. */
  expiresAt: number;
  /** Null: the token is good for longer than any run. */
  refreshToken: string | null;
}

export interface NewPerson {
  /** What the tool calls them. */
  name: string;
  username: string;
  displayName: string;
}

/** Each costs the server 40 ms of a core for its password. */
const REGISTERING = 4;

/** Registers people over REST; the accounts are by name. */
export async function registerAll(
  people: readonly NewPerson[],
  rest: ParleyRest,
  signal: AbortSignal,
): Promise<Map<string, Account>> {
  const gate = new Gate(REGISTERING);
  const accounts = new Map<string, Account>();
  await Promise.all(
    people.map(({ name, ...person }) =>
      gate.pass(async () => {
        signal.throwIfAborted();
        const input = { ...person, password: randomBytes(18).toString('base64url') };
        accounts.set(name, accountOf(await register(rest, input, signal)));
      }),
    ),
  );
  return accounts;
}

async function register(rest: ParleyRest, input: object, signal: AbortSignal): Promise<Tokens> {
  for (;;) {
    try {
      return await rest.call<Tokens>('POST', '/v1/auth/register', input);
    } catch (error) {
      if (!isPassing(error)) throw error;
      const { retryAfterMs } = error.details ?? {};
      await pause(typeof retryAfterMs === 'number' ? retryAfterMs : 1_000);
      signal.throwIfAborted();
    }
  }
}

/** New tokens for an account that has a refresh token. */
export async function renew(account: Account, rest: ParleyRest): Promise<void> {
  const { refreshToken } = account;
  if (refreshToken === null) return;
  Object.assign(account, accountOf(await rest.call<Tokens>('POST', '/v1/auth/refresh', { refreshToken })));
}

/** Whether a Parley is there: the API asks for a token, in its own words. */
export async function isThere(rest: ParleyRest): Promise<boolean> {
  try {
    await rest.call('GET', '/v1/users/me');
  } catch (error) {
    return error instanceof ParleyError && error.code === 'unauthenticated';
  }
  return false;
}

/** Whether the same request may be made again on the same connection. */
export function isPassing(error: unknown): error is ParleyError {
  return error instanceof ParleyError && error.retryable && error.code !== 'connection_lost';
}

/** An account as registration, log-in and refresh tell of it. */
function accountOf({ user, accessToken, refreshToken, expiresIn }: Tokens): Account {
  return { userId: user.id, accessToken, refreshToken, expiresAt: Date.now() + expiresIn * 1_000 };
}
