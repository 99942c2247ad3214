import {
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimes,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedPostgresError } from './errors';
import { pidNamespace, processStart } from './process-info';

/** Says that this process, and no other, runs the database in a folder. */
export interface OwnerLock {
  release(): void;
}

interface Owner {
  pid: number;
  /** See processStart. */
  started: string;
  /** See pidNamespace. */
  namespace: string;
}

const HEARTBEAT_MS = 1_000;
/** Three missed beats: whoever wrote the file is gone. */
const WATCH_MS = 3_500;
/** Not touched for this long: gone, whatever the clocks of two machines differ by. */
const SURELY_STALE_MS = 60_000;

/** Takes the lock `file`, also from an owner that died; throws when its owner lives.
 * An owner whose pids are not ours (another container on the same volume) is alive
 * when its file is touched within 3.5 s: PostgreSQL itself would not notice it. */
export async function acquireOwnerLock(file: string): Promise<OwnerLock> {
  const me: Owner = { pid: process.pid, started: processStart(process.pid) ?? '', namespace: pidNamespace() };
  const mine = JSON.stringify(me);
  for (let attempt = 0; attempt < 100; attempt++) {
    if (create(file, mine)) return heldLock(file, mine);
    const theirs = readText(file);
    if (theirs === undefined) continue;
    const owner = parse(theirs);
    // A file without text is being written this very moment, or its writer was killed right then.
    if (owner === undefined && attempt < 5) await delay(20);
    else if (owner !== undefined && (await isAlive(owner, file))) throw inUse(file, owner);
    else removeIfStill(file, theirs);
  }
  throw new EmbeddedPostgresError(
    `${file} keeps changing hands: start one Parley only, or set DATA_DIR to another folder`,
  );
}

function heldLock(file: string, mine: string): OwnerLock {
  const beat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now, () => {});
  }, HEARTBEAT_MS).unref();
  return {
    release() {
      clearInterval(beat);
      if (readText(file) === mine) rmSync(file, { force: true });
    },
  };
}

async function isAlive(owner: Owner, file: string): Promise<boolean> {
  if (owner.namespace === pidNamespace()) return processStart(owner.pid) === owner.started;
  const touched = modified(file);
  if (touched === undefined || Math.abs(Date.now() - touched) > SURELY_STALE_MS) return false;
  const until = performance.now() + WATCH_MS;
  while (performance.now() < until) {
    await delay(100);
    if (modified(file) !== touched) return true;
  }
  return false;
}

function inUse(file: string, owner: Owner): EmbeddedPostgresError {
  const elsewhere = owner.namespace === pidNamespace() ? '' : ' in another container or on another machine';
  return new EmbeddedPostgresError(
    `another Parley (pid ${owner.pid}${elsewhere}) is running on ${dirname(file)}: stop it, or set DATA_DIR to another folder`,
  );
}

function create(file: string, text: string): boolean {
  let made: number;
  try {
    made = openSync(file, 'wx', 0o644);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    writeFileSync(made, text);
    return true;
  } catch (error) {
    rmSync(file, { force: true }); // ours, and of no use: the disk is full
    throw error;
  } finally {
    closeSync(made);
  }
}

/** Removes a dead owner's file, unless a third start has just replaced it. */
function removeIfStill(file: string, theirs: string): void {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
  } catch {
    return; // somebody else was faster
  }
  if (readText(aside) === theirs) rmSync(aside, { force: true });
  else renameSync(aside, file);
}

function parse(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Owner;
    return Number.isInteger(owner.pid) ? owner : undefined;
  } catch {
    return undefined;
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function modified(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}
