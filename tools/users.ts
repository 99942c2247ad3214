import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { ParleyRest } from '@parley/client';
import { setAdministrator } from './accounts/administrators';
import { type Minted, openMint } from './accounts/mint';
import { Options } from './support/options';
import { Refusal, runTool } from './support/refusal';

const USAGE =
  'npm run users -- --count N [--prefix load] [--out FILE] [--ttl SECONDS] [--password TEXT] [--data-dir DIR] [--url URL]\n' +
  '       npm run users -- grant-admin USERNAME | revoke-admin USERNAME [--data-dir DIR]';
const DEFAULT_TTL_SECONDS = 86_400;
const LONGEST_USERNAME = 32;

async function main(): Promise<void> {
  const options = new Options(['count', 'prefix', 'out', 'ttl', 'password', 'data-dir', 'url'], USAGE);
  const [act, username, ...rest] = options.positionals;
  if (act === undefined) return makeAccounts(options);
  const isGrant = act === 'grant-admin';
  if (!isGrant && act !== 'revoke-admin') throw options.refuse(`"${act}" has no option before it`);
  if (username === undefined || rest.length > 0) throw options.refuse('Say who, by one user name');
  await setAdministrator(username, isGrant, options.text('data-dir'));
  console.error(`${username} is ${isGrant ? 'an administrator' : 'no administrator any more'}.`);
}

/** Makes accounts in the server's database, and writes a line "userId token" for each. */
async function makeAccounts(options: Options): Promise<void> {
  const count = options.count('count', 0);
  if (count === 0) throw options.refuse('Say how many with --count');
  const ttlSeconds = options.count('ttl', DEFAULT_TTL_SECONDS);
  const usernames = usernamesOf(options.text('prefix', 'load'), count, options);
  const password = options.text('password', randomBytes(12).toString('base64url'));
  const url = options.url('url');

  const begun = performance.now();
  const mint = await openMint({ dataDir: options.text('data-dir') });
  const wanted = usernames.map((username) => ({ username, displayName: username }));
  const accounts = await mint.accounts(wanted, { ttlSeconds, password }).finally(() => mint.close());
  if (url && accounts[0]) await requireGood(accounts[0], url);
  await write(accounts, options.text('out'));
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  console.error(
    `${count} accounts in ${seconds} s: ${usernames[0]} to ${usernames.at(-1)}, password ${password}, ` +
      `tokens good for ${ttlSeconds} s`,
  );
}

// A part that differs each time: the tool can be run again, and takes nobody's name.
function usernamesOf(prefix: string, count: number, options: Options): string[] {
  const run = Math.floor(Date.now() / 100).toString(36);
  const names = Array.from({ length: count }, (_, index) => `${prefix}-${run}-${index + 1}`);
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(prefix) || (names.at(-1)?.length ?? 0) > LONGEST_USERNAME) {
    throw options.refuse(
      '--prefix must be short, of a-z, 0-9, ".", "_" and "-", and begin with a letter or digit',
    );
  }
  return names;
}

async function requireGood({ accessToken }: Minted, url: string): Promise<void> {
  const rest = new ParleyRest({ url, fetch, accessToken });
  await rest.call('GET', '/v1/users/me').catch((error: Error) => {
    throw new Refusal(`The accounts are no accounts of ${url} (${error.message}): are these its settings?`);
  });
}

async function write(accounts: readonly Minted[], file: string | undefined): Promise<void> {
  const text = accounts.map(({ userId, accessToken }) => `${userId} ${accessToken}\n`).join('');
  if (file === undefined) {
    process.stdout.write(text);
    return;
  }
  await writeFile(file, text, { mode: 0o600 }).catch((error: Error) => {
    throw new Refusal(`Cannot write ${file}: ${error.message}.`);
  });
}

runTool(main);
