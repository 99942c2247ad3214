import {
  closeSync,
  constants,
  copyFileSync,
  fchownSync,
  openSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import type { DbUser } from './db-user';

/** At most this, and as much again in the file before it. */
const MAX_BYTES = 8 * 2 ** 20;

/** Opens PostgreSQL's log for appending; the caller closes it. */
export function openLog(file: string, user: DbUser | undefined): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
  const handle = openSync(file, O_WRONLY | O_APPEND | O_CREAT | (O_NOFOLLOW ?? 0), 0o600);
  if (user) fchownSync(handle, user.uid, user.gid);
  return handle;
}

/** Bytes in the log; 0 when there is none. */
export function logSize(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** What was logged from an offset on, at most its first 64 KiB. */
export function readLog(file: string, from: number): string {
  const buffer = Buffer.alloc(64 * 1024);
  const handle = openSync(file, 'r');
  try {
    return buffer.toString('utf8', 0, readSync(handle, buffer, 0, buffer.length, from));
  } finally {
    closeSync(handle);
  }
}

/** Moves a grown log aside. PostgreSQL keeps the file open and appends: so it is
 * copied and emptied, and lines written in between are lost. */
export function rotateLog(file: string, maxBytes = MAX_BYTES): void {
  if (logSize(file) <= maxBytes) return;
  try {
    // Made anew, like the log opened without following: through a link root would write to anything.
    rmSync(`${file}.1`, { force: true });
    copyFileSync(file, `${file}.1`, constants.COPYFILE_EXCL);
  } catch {
    // A full disk is the very time to empty the log.
  }
  const { O_WRONLY, O_TRUNC, O_NOFOLLOW } = constants;
  closeSync(openSync(file, O_WRONLY | O_TRUNC | (O_NOFOLLOW ?? 0)));
}
