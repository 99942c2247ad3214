import { randomBytes } from 'node:crypto';
import { ParleyError, type ParleyRest } from '@parley/client';
import type { Me, Tokens } from '@parley/protocol';
import { type Mint, openMint } from '../accounts/mint';
import { Gate, pause } from './flow';
import { newRun, usernameOf } from './names';
import { type Account, accountOf, isPassing } from './people';

export interface Accounts {
  byName: Map<string, Account>;
  /** How they were made, for people. */
  how: string;
}

/** Each costs the server 40 ms of a core for its password. */
const REGISTERING = 4;
const TTL_SECONDS = 7 * 86_400;

/** Makes an account for every name: in bulk where the server's database can be reached, else by registering. */
export async function makeAccounts(
  names: readonly string[],
  server: { url: string; rest: ParleyRest },
  signal: AbortSignal,
): Promise<Accounts> {
  const run = newRun();
  const people = names.map((name) => ({
    name,
    username: usernameOf(name, run),
    displayName: displayNameOf(name),
  }));
  const mint = isLocal(server.url) ? await openMint().catch(() => null) : null;
  const minted = mint && (await mintAll(mint, people, server.rest).finally(() => mint.close()));
  if (minted) return { byName: minted, how: 'minted in its database' };
  return { byName: await registerAll(people, server.rest, signal), how: 'registered' };
}

interface Person {
  name: string;
  username: string;
  displayName: string;
}

/** Null when the database that could be reached is not that of this server. */
async function mintAll(
  mint: Mint,
  people: readonly Person[],
  rest: ParleyRest,
): Promise<Map<string, Account> | null> {
  const [first, ...others] = people;
  if (!first) return new Map();
  const ttl = { ttlSeconds: TTL_SECONDS, password: randomBytes(18).toString('base64url') };
  const accounts = await mint.accounts([first], ttl);
  const token = accounts[0]?.accessToken ?? '';
  const me = await rest
    .as(token)
    .call<Me>('GET', '/v1/users/me')
    .catch(() => null);
  if (me?.username !== first.username) return null;
  accounts.push(...(await mint.accounts(others, ttl)));
  const expiresAt = Date.now() + TTL_SECONDS * 1_000;
  return new Map(
    accounts.map(({ userId, accessToken }, index) => {
      return [people[index]?.name ?? '', { userId, accessToken, expiresAt, refreshToken: null }];
    }),
  );
}

async function registerAll(
  people: readonly Person[],
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

/** Whether a Parley is there: the API asks for a token, in its own words. */
export async function isThere(rest: ParleyRest): Promise<boolean> {
  try {
    await rest.call('GET', '/v1/users/me');
  } catch (error) {
    return error instanceof ParleyError && error.code === 'unauthenticated';
  }
  return false;
}

function isLocal(url: string): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(url).hostname);
}

/** Something visible without control characters, of at most 64 characters, as the server wants it. */
function displayNameOf(name: string): string {
  return (
    name
      .replace(/\p{Cc}/gu, '')
      .slice(0, 64)
      .toWellFormed()
      .trim() || 'nobody'
  );
}
