import { API_SCOPES } from '@parley/protocol';
import { ApiKeys, type ListedKey, scopesOf } from './accounts/api-keys';
import { Options } from './support/options';
import { runTool } from './support/refusal';

const USAGE = `npm run api-keys -- create --name NAME --scopes A,B [--days N]
       npm run api-keys -- list
       npm run api-keys -- rotate --name NAME [--overlap HOURS, else 24]
       npm run api-keys -- revoke --name NAME
       each with [--data-dir DIR]; scopes: ${API_SCOPES.join(', ')}`;
const OVERLAP_HOURS = 24;
const LONGEST_NAME = 64;

/** API keys of the product, in the server's database; a new key is all that is written to stdout. */
async function main(): Promise<void> {
  const options = new Options(['name', 'scopes', 'days', 'overlap', 'data-dir'], USAGE);
  const [act, ...rest] = options.positionals;
  const run = rest.length === 0 && act !== undefined ? ACTS[act] : undefined;
  if (!run) throw options.refuse('Say what to do: create, list, rotate or revoke');
  const work = run(options);
  const keys = await ApiKeys.open(options.text('data-dir'));
  await work(keys).finally(() => keys.close());
}

/** Each looks at the options before anything is opened. */
const ACTS: Record<string, (options: Options) => (keys: ApiKeys) => Promise<void>> = {
  create: (options) => {
    const name = nameOf(options);
    const scopes = scopesOf(options.text('scopes', ''));
    if (!scopes) throw options.refuse('--scopes must name scopes, with commas between');
    const days = options.text('days') === undefined ? null : options.count('days', 1);
    return async (keys) => {
      console.log(await keys.create(name, scopes, days));
      console.error(`The key ${name} is shown this once. It may: ${scopes.join(', ')}.`);
    };
  },
  list: () => async (keys) => {
    for (const key of await keys.list()) console.log(describe(key));
  },
  rotate: (options) => {
    const [name, hours] = [nameOf(options), options.count('overlap', OVERLAP_HOURS)];
    return async (keys) => {
      console.log(await keys.rotate(name, hours));
      console.error(`The key ${name} is another one now; the one before is good for ${hours} hours more.`);
    };
  },
  revoke: (options) => {
    const name = nameOf(options);
    return async (keys) => {
      await keys.revoke(name);
      console.error(`The key ${name} is good no more.`);
    };
  },
};

function nameOf(options: Options): string {
  const name = options.text('name', '').trim();
  if (name === '' || [...name].length > LONGEST_NAME || /\p{Cc}/u.test(name)) {
    throw options.refuse(`--name must be of 1 to ${LONGEST_NAME} characters`);
  }
  return name;
}

function describe(key: ListedKey): string {
  const at = (time: Date | null, never: string) => time?.toISOString() ?? never;
  const words = [key.visible, key.name, key.scopes.join(','), `last used ${at(key.lastUsedAt, 'never')}`];
  if (key.previousUntil) {
    words.push(
      `the one before is good until ${at(key.previousUntil, '')}, last used ${at(key.previousUsedAt, 'never')}`,
    );
  }
  if (key.expiresAt) words.push(`ends ${at(key.expiresAt, '')}`);
  if (key.revokedAt) words.push(`revoked ${at(key.revokedAt, '')}`);
  return words.join('\t');
}

runTool(main);
