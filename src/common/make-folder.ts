import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing, so that they outlive a loss of power.
 *
 * Not `recursive`: where a file system answers "no such file" to a new folder, as /proc does, that of
 * Node 20 tries for ever.
 */
export function makeFolder(path: string, mode?: number): void {
  try {
    make(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makeFolder(dirname(path), mode);
    make(path, mode);
  }
}

/** What a folder that cannot be synced answers; PostgreSQL passes over the same. */
const UNSYNCABLE = ['EACCES', 'EISDIR', 'EBADF', 'EINVAL'];

/** Waits until the names in a folder are on disk: syncing a file does not bring its name there. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return; // a folder cannot be opened there
  try {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (!UNSYNCABLE.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function make(path: string, mode: number | undefined): void {
  mkdirSync(path, { mode });
  syncFolder(dirname(path));
}
