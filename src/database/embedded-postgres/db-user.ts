import { lchownSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EmbeddedPostgresError } from './errors';

/** The user that PostgreSQL runs as where Parley runs as root. */
export interface DbUser {
  name: string;
  uid: number;
  gid: number;
}

/** Whether PostgreSQL needs another user: it refuses to run as root. */
export function runsAsRoot(): boolean {
  return process.getuid?.() === 0;
}

/** `postgres` where that user exists, else `nobody`. */
export function defaultDbUser(passwdFile = '/etc/passwd'): DbUser {
  const users = readUsers(passwdFile);
  const user = users.find(({ name }) => name === 'postgres') ?? users.find(({ name }) => name === 'nobody');
  if (user && user.uid !== 0) return user;
  throw new EmbeddedPostgresError(
    'PostgreSQL does not run as root, and there is no user postgres or nobody: start Parley as another user, or set DATABASE_URL',
  );
}

/** The user with this id, named by its number when it has no name. */
export function dbUserById(uid: number, gid: number, passwdFile = '/etc/passwd'): DbUser {
  return { name: readUsers(passwdFile).find((user) => user.uid === uid)?.name ?? String(uid), uid, gid };
}

/** Whether `user` can enter every folder on the way to `path`, and read it.
 * Judged by mode bits; a grant by ACL alone counts as none. `path` has no symlinks. */
export function canReach(path: string, user: DbUser): boolean {
  const stats = statSync(path);
  if (!allows(stats, user, stats.isDirectory() ? 1 : 4)) return false;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (!allows(statSync(folder), user, 1)) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** Hands a file, link or folder to `user`; nothing to do when Parley runs as itself. */
export function giveTo(path: string, user: DbUser | undefined): void {
  if (user) lchownSync(path, user.uid, user.gid);
}

/** Hands a folder and all below it to `user`, following no link. */
export function giveTreeTo(folder: string, user: DbUser): void {
  giveTo(folder, user);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) giveTreeTo(path, user);
    else giveTo(path, user);
  }
}

function allows(stats: { uid: number; gid: number; mode: number }, user: DbUser, bit: 1 | 4): boolean {
  const shift = stats.uid === user.uid ? 6 : stats.gid === user.gid ? 3 : 0;
  return ((stats.mode >> shift) & bit) !== 0;
}

function readUsers(passwdFile: string): DbUser[] {
  let text = '';
  try {
    text = readFileSync(passwdFile, 'utf8');
  } catch {
    // no such file: no users
  }
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}
