import { spawn } from 'node:child_process';
import { closeSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Binaries, program } from './binaries';
import { EmbeddedPostgresError, explainOutput, fullDisk } from './errors';
import { logSize, openLog, readLog } from './log-file';
import type { Place } from './place';
import { commandLine, processesIn, processStart } from './process-info';
import { spawnOptions } from './run';

/** All that it takes to start PostgreSQL on a folder. */
export interface Cluster extends Place {
  binaries: Binaries;
  /** See postgresArguments. */
  args: string[];
  logFile: string;
}

/** A running main process of PostgreSQL, ours by birth or adopted. */
export interface Postmaster {
  readonly pid: number;
  /** Resolves once it is gone, with how it ended: 'signal SIGKILL', 'exit code 1'. */
  readonly ended: Promise<string>;
  isRunning(): boolean;
  /** Where its output begins in the log, in bytes. */
  readonly logFrom: number;
}

/** How to shut down: `fast` ends sessions and writes a checkpoint, `immediate` neither. */
export type Shutdown = 'fast' | 'immediate';

/** How long each step of a stop may take, in milliseconds. */
export interface StopLimits {
  fast: number;
  immediate: number;
}

/** Fast: a checkpoint of 256 MB on a slow disk. Immediate: PostgreSQL's own limit is 5 s. */
export const STOP_LIMITS: StopLimits = { fast: 20_000, immediate: 6_000 };

/** Bytes that a start wants for the end of its recovery. */
const WAL_SEGMENT = 16 * 2 ** 20;
const ADOPTED_POLL_MS = 100;

/** Spawns postgres in a session of its own, so that no Ctrl-C reaches it. */
export function spawnPostmaster(cluster: Cluster): Postmaster {
  const logFrom = logSize(cluster.logFile);
  const log = openLog(cluster.logFile, cluster.user);
  try {
    const child = spawn(program(cluster.binaries, 'postgres'), cluster.args, {
      ...spawnOptions(cluster.user),
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.unref();
    let running = true;
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
    });
    void ended.then(() => (running = false));
    return { pid: child.pid ?? 0, ended, isRunning: () => running, logFrom };
  } finally {
    closeSync(log);
  }
}

/** Takes over a postmaster that an earlier Parley started: watched, as it is no child. */
export function adoptPostmaster(pid: number, logFrom: number): Postmaster {
  const started = processStart(pid);
  const isRunning = () => started !== undefined && processStart(pid) === started;
  const ended = new Promise<string>((resolve) => {
    const look = () => {
      if (isRunning()) setTimeout(look, ADOPTED_POLL_MS).unref();
      else resolve('it was adopted, so its exit code is unknown');
    };
    look();
  });
  return { pid, ended, isRunning, logFrom };
}

/** Waits until PostgreSQL takes connections; throws what it says when it ends instead.
 * No time limit: a crash recovery takes what it takes, and is reported every 10 s. */
export async function waitUntilReady(
  cluster: Cluster,
  postmaster: Postmaster,
  log: (line: string) => void,
): Promise<void> {
  const begun = performance.now();
  let nextReport = 10_000;
  while (postmaster.isRunning()) {
    const file = readPostmasterFile(cluster.data);
    if (file?.pid === postmaster.pid && file.status === 'ready') return;
    const waited = performance.now() - begun;
    if (waited > nextReport) {
      log(
        `PostgreSQL (pid ${postmaster.pid}) is not ready after ${Math.round(waited / 1000)} s, ${file?.status || 'recovering'}: waiting`,
      );
      nextReport += 10_000;
    }
    await delay(waited < 1_000 ? 5 : 50);
  }
  const output = readLog(cluster.logFile, postmaster.logFrom);
  if (output.trim() !== '') throw explainOutput(output, cluster.data);
  // The log is on the same disk, and what did not fit there was not said.
  if (freeBytes(cluster.data) < WAL_SEGMENT) throw new EmbeddedPostgresError(fullDisk(cluster.data));
  throw new EmbeddedPostgresError(
    `PostgreSQL did not start on ${cluster.data} (${await postmaster.ended}): see ${cluster.logFile}`,
  );
}

/** Stops PostgreSQL: fast, then at once, then by force; it is gone after. */
export async function stopPostmaster(
  cluster: Cluster,
  postmaster: Postmaster,
  limits: StopLimits,
): Promise<void> {
  await signal(cluster, postmaster, 'fast');
  if (await goneWithin(limits.fast, () => !postmaster.isRunning())) return;
  await signal(cluster, postmaster, 'immediate');
  if (await goneWithin(limits.immediate, () => !postmaster.isRunning())) return;
  killProcess(postmaster.pid, 'SIGKILL');
  await goneWithin(limits.immediate, () => !postmaster.isRunning());
  await endOrphans(cluster.data);
}

/** Ends backends that outlive their postmaster; PostgreSQL refuses to start beside them.
 * They can only finish what they do: the next start recovers from the log in any case. */
export async function endOrphans(data: string, patience = 5_000): Promise<void> {
  const orphans = () => processesIn(data).filter((pid) => pid !== process.pid);
  if (orphans().length === 0) return;
  for (const pid of orphans()) killProcess(pid, 'SIGQUIT');
  if (await goneWithin(patience, () => orphans().length === 0)) return;
  for (const pid of orphans()) killProcess(pid, 'SIGKILL');
  await goneWithin(patience, () => orphans().length === 0);
}

/** What postmaster.pid says; undefined without a readable one. */
export function readPostmasterFile(data: string): { pid: number; status: string } | undefined {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    return pid > 0 ? { pid, status: lines[7]?.trim() ?? '' } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether this pid is a postmaster of this folder, not a later process of the same number. */
export function isPostmasterOf(data: string, pid: number): boolean {
  // Backends rename themselves to "postgres: …": only the main process shows its arguments.
  return processStart(pid) !== undefined && ` ${commandLine(pid)} `.includes(` -D ${data} `);
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

async function signal(cluster: Cluster, postmaster: Postmaster, how: Shutdown): Promise<void> {
  if (!postmaster.isRunning()) return;
  const name = how === 'fast' ? 'SIGINT' : 'SIGQUIT';
  if (process.platform !== 'win32') return killProcess(postmaster.pid, name);
  // Windows has no signals; pg_ctl speaks to PostgreSQL's own emulation of them.
  const pgCtl = spawn(
    program(cluster.binaries, 'pg_ctl'),
    ['kill', name.slice(3), String(postmaster.pid)],
    spawnOptions(undefined),
  );
  await new Promise((resolve) => pgCtl.once('close', resolve).once('error', resolve));
}

function killProcess(pid: number, name: NodeJS.Signals): void {
  try {
    if (pid > 0) process.kill(pid, name);
  } catch {
    // gone already
  }
}

async function goneWithin(limit: number, isGone: () => boolean): Promise<boolean> {
  const until = performance.now() + limit;
  while (!isGone()) {
    if (performance.now() > until) return false;
    await delay(5);
  }
  return true;
}
