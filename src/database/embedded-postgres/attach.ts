import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { SHARED_FOLDER } from './binaries';
import type { EmbeddedPostgres } from './embedded-postgres';
import { readPassword, ROLE } from './init-cluster';
import { holdsCluster, shortHash } from './place';
import { isPostmasterOf, readPostmasterFile } from './postmaster';

/** Lines of postmaster.pid, from 0. */
const PORT_LINE = 3;
const SOCKET_DIR_LINE = 4;

/** How to reach the database that a running Parley keeps in `dataDir`; null when none runs.
 * For tools beside the server: they start, stop and change nothing. */
export function findRunningPostgres(dataDir: string): EmbeddedPostgres['connection'] | null {
  if (!existsSync(dataDir)) return null;
  const real = realpathSync(dataDir);
  const homes = [join(real, 'postgres'), join(SHARED_FOLDER, shortHash(real))];
  const home = homes.find(holdsCluster);
  if (home === undefined) return null;
  const data = join(home, 'data');
  const file = readPostmasterFile(data);
  if (!file || !isPostmasterOf(data, file.pid)) return null;
  const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
  const host = lines[SOCKET_DIR_LINE]?.trim() || '127.0.0.1';
  const port = Number(lines[PORT_LINE]);
  return { host, port, user: ROLE, password: readPassword(data), database: ROLE };
}
