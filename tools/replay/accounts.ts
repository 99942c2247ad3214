import { randomBytes } from 'node:crypto';
import type { ParleyRest } from '@parley/client';
import type { Me } from '@parley/protocol';
import { type Mint, openMint } from '../accounts/mint';
import { type Account, type NewPerson, registerAll } from '../accounts/register';
import { newRun, usernameOf } from './names';

export interface Accounts {
  byName: Map<string, Account>;
  /** How they were made, for people. */
  how: string;
}

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

/** Null when the database that could be reached is not that of this server. */
async function mintAll(
  mint: Mint,
  people: readonly NewPerson[],
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

function isLocal(url: string): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(url).hostname);
}

/** Something visible, without what disturbs the text around it, of at most 64 characters, as the server wants it. */
function displayNameOf(name: string): string {
  const shown = name
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, '')
    .slice(0, 64)
    .toWellFormed()
    .trim();
  return /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]/u.test(shown) ? shown : 'nobody';
}
