import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canReach, type DbUser, giveTo } from './db-user';
import { EmbeddedPostgresError } from './errors';
import { type Place, shortHash } from './place';

/** Names the socket only: nothing listens on TCP. */
export const SOCKET_PORT = 5432;

/** sun_path without its final zero: 107 bytes on Linux, 103 on macOS. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/** Makes the folder for PostgreSQL's socket, of mode 700 and its user's own.
 * Within the cluster's home, or under the temporary folder when that is too long. */
export function makeSocketDir(place: Place): string {
  const near = join(place.home, 'run');
  if (fits(near)) return makeOwn(near, place.user) ?? planted(near);
  for (const base of [tmpdir(), '/tmp', '/var/tmp']) {
    const folder = join(reachableFolder(base, place.user) ?? '', `parley-${shortHash(place.home)}`);
    if (folder.startsWith('/') && fits(`${folder}-00000000`)) {
      // A name that somebody else took is left alone; an adopted PostgreSQL is then restarted.
      return (
        makeOwn(folder, place.user) ??
        makeOwn(`${folder}-${randomBytes(4).toString('hex')}`, place.user) ??
        planted(folder)
      );
    }
  }
  throw new EmbeddedPostgresError(
    `no folder is short enough for a socket of ${place.home}: set DATA_DIR to a shorter path`,
  );
}

/** Removes a socket folder outside of the cluster's home, once PostgreSQL is gone. */
export function removeSocketDir(folder: string, place: Place): void {
  if (folder.startsWith(place.home)) return;
  try {
    rmdirSync(folder);
  } catch {
    // not empty or gone: nothing depends on it
  }
}

function fits(folder: string): boolean {
  // PostgreSQL takes a list of folders: a comma or a quote would be read as its syntax.
  return (
    /^[\w./+@ -]+$/.test(folder) &&
    Buffer.byteLength(join(folder, `.s.PGSQL.${SOCKET_PORT}`)) <= MAX_PATH_BYTES
  );
}

/** Makes the folder, or takes one that is provably ours; undefined when it is not. */
function makeOwn(folder: string, user: DbUser | undefined): string | undefined {
  try {
    mkdirSync(folder, { mode: 0o700 });
    giveTo(folder, user);
    return folder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const stats = lstatSync(folder);
  const owner = user?.uid ?? process.getuid?.();
  if (stats.isDirectory() && stats.uid === owner && (stats.mode & 0o077) === 0) return folder;
  return undefined;
}

function planted(folder: string): never {
  throw new EmbeddedPostgresError(
    `${folder} is not a folder of PostgreSQL's user with mode 700: remove it and start again`,
  );
}

function reachableFolder(base: string, user: DbUser | undefined): string | undefined {
  try {
    const real = realpathSync(base);
    return user === undefined || canReach(real, user) ? real : undefined;
  } catch {
    return undefined;
  }
}
