import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BALLAST = 'ballast';

/** A file system of a test's own, that may fill up or lose its power; only root can mount one. */
export class TestDisk {
  /** Where it is mounted. */
  readonly path: string;

  private constructor(
    private readonly folder: string,
    private readonly mountArguments: string[],
  ) {
    this.path = join(folder, 'disk');
    mkdirSync(this.path);
    this.mount();
  }

  /** A small one in memory, for filling up. */
  static inMemory(megabytes: number): TestDisk {
    return new TestDisk(newFolder(), ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs']);
  }

  /** An ext4 in a file, which keeps over a loss of power what had been synced, and no more. */
  static withJournal(megabytes: number): TestDisk {
    const folder = newFolder();
    const image = join(folder, 'image');
    run('truncate', '-s', `${megabytes}M`, image);
    run('mkfs.ext4', '-q', image);
    return new TestDisk(folder, ['-o', 'loop', image]);
  }

  /** Leaves no room for anything; a file that is named has no room to grow within its last page either. */
  fill(file = BALLAST): void {
    const filled = openSync(join(this.path, file), 'a');
    try {
      // The last bytes too: what is left after whole mebibytes would do for some pages.
      for (const size of [2 ** 20, 2 ** 12, 1]) writeUntilFull(filled, Buffer.alloc(size));
    } finally {
      closeSync(filled);
    }
  }

  makeRoom(): void {
    rmSync(join(this.path, BALLAST));
  }

  /** From here on nothing reaches it, and what was not synced before is gone. */
  losePower(): void {
    run('xfs_io', '-x', '-c', 'shutdown', this.path);
  }

  /** After `losePower`, when nobody uses it any more: as the next boot finds it. */
  comeBack(): void {
    run('umount', this.path);
    this.mount();
  }

  /** Whatever is on it, and whoever still uses it. */
  remove(): void {
    // Lazily, as a process that hangs on it must not keep it; the loop device goes with the last user.
    run('umount', '-l', this.path);
    rmSync(this.folder, { recursive: true });
  }

  private mount(): void {
    run('mount', ...this.mountArguments, this.path);
    chmodSync(this.path, 0o755);
  }
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-disk-'));
  // The database runs as another user, who has to get to it.
  chmodSync(folder, 0o755);
  return folder;
}

function writeUntilFull(file: number, bytes: Buffer): void {
  try {
    for (;;) writeSync(file, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
