import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { syncFolder } from '../../common/make-folder';
import { type Binaries, program } from './binaries';
import { giveTo } from './db-user';
import { EmbeddedPostgresError, explainOutput } from './errors';
import type { Place } from './place';
import { run } from './run';

/** Role and database that Parley works with; `postgres` is the superuser, of the same password. */
export const ROLE = 'parley';

const PASSWORD_FILE = 'parley.password';
const UNFINISHED = 'data.init-';

/** Makes a new cluster in `place.data`: it is there whole, or not at all.
 * UTF-8, order by code point, checksums, scram-sha-256, a random password. */
export async function initCluster(place: Place, binaries: Binaries): Promise<void> {
  removeUnfinished(place.home); // safe: we hold the lock
  const folder = mkdtempSync(join(place.home, UNFINISHED));
  const passwordFile = `${folder}.password`;
  try {
    chmodSync(folder, 0o700);
    giveTo(folder, place.user);
    const password = randomBytes(24).toString('base64url');
    writeFileSync(passwordFile, password, { flag: 'wx', mode: 0o600, flush: true });
    giveTo(passwordFile, place.user);
    await initdb(place, binaries, folder, passwordFile);
    await createRole(place, binaries, folder, password);
    renameSync(passwordFile, join(folder, PASSWORD_FILE));
    syncFolder(folder);
    renameSync(folder, place.data);
    syncFolder(place.home);
    syncFolder(dirname(place.home)); // or the power takes the whole folder
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The password of a cluster's roles. */
export function readPassword(data: string): string {
  const file = join(data, PASSWORD_FILE);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new EmbeddedPostgresError(
      `${file} with the password of the database is missing: restore it from a backup`,
    );
  }
}

async function initdb(place: Place, binaries: Binaries, folder: string, passwordFile: string): Promise<void> {
  const { code, output } = await run(
    program(binaries, 'initdb'),
    [
      ...[
        '-D',
        folder,
        '-U',
        'postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
      ],
      ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      ...['--data-checksums', '--no-instructions', '--text-search-config=simple'],
    ],
    place.user,
  );
  if (code !== 0) throw explainOutput(output, place.data);
}

/** Makes role and database in single-user mode: nobody can connect before they are there.
 * It exits with 0 whatever happens, so its output decides. */
async function createRole(place: Place, binaries: Binaries, folder: string, password: string): Promise<void> {
  const { code, output } = await run(
    program(binaries, 'postgres'),
    ['--single', '-D', folder, '-c', 'log_checkpoints=off', '-c', 'exit_on_error=on', 'postgres'],
    place.user,
    // No superuser: an injected statement must not read files or run programs.
    `CREATE ROLE ${ROLE} LOGIN CREATEDB PASSWORD '${password}'\n` +
      `GRANT pg_monitor TO ${ROLE}\n` +
      `CREATE DATABASE ${ROLE} OWNER ${ROLE}\n`,
  );
  if (code !== 0 || /\b(PANIC|FATAL|ERROR):/.test(output)) throw explainOutput(output, place.data);
}

function removeUnfinished(home: string): void {
  for (const name of readdirSync(home).filter((each) => each.startsWith(UNFINISHED))) {
    // An initdb whose Parley was killed may still write: what resists goes next time.
    try {
      rmSync(join(home, name), { recursive: true, force: true });
    } catch {
      continue;
    }
  }
}
