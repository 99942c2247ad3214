import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../common/make-folder';
import { makeReachableFolder, SHARED_FOLDER } from './binaries';
import { canReach, type DbUser, dbUserById, defaultDbUser, giveTreeTo, runsAsRoot } from './db-user';
import { EmbeddedPostgresError } from './errors';

/** Where the cluster lives, and as whom PostgreSQL runs. */
export interface Place {
  /** Folder of ours: the lock, the log, the socket, the data. */
  home: string;
  /** PostgreSQL's own folder (PGDATA). */
  data: string;
  /** Undefined: PostgreSQL runs as the user that Parley runs as. */
  user: DbUser | undefined;
}

/** Decides where the cluster of `dataDir` is or shall be; the folder exists after.
 * A cluster stays where it was made, also when its surroundings change later. */
export function choosePlace(dataDir: string, log: (line: string) => void): Place {
  // Root's folders let the database user through; what is in them is guarded by itself.
  try {
    makeFolder(dataDir, runsAsRoot() ? 0o711 : 0o700);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new EmbeddedPostgresError(`${dataDir} cannot be made there: set DATA_DIR to another folder`);
  }
  const real = realpathSync(dataDir);
  const inside = join(real, 'postgres');
  const outside = join(SHARED_FOLDER, shortHash(real));
  if (holdsCluster(inside)) return existing(inside);
  if (holdsCluster(outside)) {
    log(`the database of ${real} is in ${outside}`);
    return existing(outside);
  }
  if (!runsAsRoot()) return fresh(inside, undefined);
  const user = defaultDbUser();
  if (canReach(real, user)) return fresh(inside, user);
  log(`user ${user.name}, which PostgreSQL runs as, cannot reach ${real}: the database goes to ${outside}`);
  makeReachableFolder(SHARED_FOLDER);
  return fresh(outside, user);
}

/** Throws unless the data is of this major version. */
export function checkVersion(data: string, major: string): void {
  let found = '';
  try {
    found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (found === major) return;
  if (/^\d+(\.\d+)?$/.test(found)) {
    throw new EmbeddedPostgresError(
      `the data in ${data} was made by PostgreSQL ${found}, this Parley brings ${major}: start the Parley that made it and move the data with pg_dump, serve the folder with a PostgreSQL ${found} of your own and set DATABASE_URL, or set DATA_DIR to another folder`,
    );
  }
  throw new EmbeddedPostgresError(
    `${data} is not a whole PostgreSQL folder (PG_VERSION is missing): restore it from a backup, or move it away to begin with an empty database`,
  );
}

/** Whether a place has data already; an empty folder is none. */
export function holdsCluster(home: string): boolean {
  const data = join(home, 'data');
  if (statSync(data, { throwIfNoEntry: false }) === undefined) return false;
  try {
    return readdirSync(data).length > 0;
  } catch {
    return true; // another user's: existing() says whose
  }
}

/** A name of 12 hexadecimal digits for a path. */
export function shortHash(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 12);
}

function fresh(home: string, user: DbUser | undefined): Place {
  mkdirSync(home, { recursive: true });
  chmodSync(home, user ? 0o711 : 0o700);
  return { home, data: join(home, 'data'), user };
}

function existing(home: string): Place {
  const data = join(home, 'data');
  const owner = statSync(data);
  if (!runsAsRoot()) {
    if (process.getuid && owner.uid !== process.getuid()) {
      throw new EmbeddedPostgresError(
        `the database in ${data} belongs to user ${dbUserById(owner.uid, owner.gid).name}: start Parley as root or as that user, or set DATA_DIR to another folder`,
      );
    }
    return { home, data, user: undefined };
  }
  const user = owner.uid === 0 ? defaultDbUser() : dbUserById(owner.uid, owner.gid);
  if (!canReach(home, user)) {
    throw new EmbeddedPostgresError(
      `user ${user.name}, which the database in ${data} belongs to, cannot reach that folder: chmod a+x the folders above it, or move it to where that user can`,
    );
  }
  if (owner.uid === 0) giveTreeTo(data, user); // a backup that root unpacked
  return { home, data, user };
}
