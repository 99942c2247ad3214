import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** When a process began, as an opaque text; undefined when it does not run.
 * Linux: clock ticks since boot, so that a reused pid is told apart. Elsewhere ''. */
export function processStart(pid: number): string | undefined {
  if (process.platform !== 'linux') return signalReaches(pid) ? '' : undefined;
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in parentheses may hold anything, parentheses too: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie waits for a parent that may never come; it holds nothing any more.
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** The command line of a process, arguments separated by a space. */
export function commandLine(pid: number): string {
  if (process.platform === 'linux') return (read(`/proc/${pid}/cmdline`) ?? '').split('\0').join(' ');
  if (process.platform === 'win32') return '';
  return spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
}

/** Processes of PostgreSQL that work in `folder`; Linux only, elsewhere none are found. */
export function processesIn(folder: string): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => workingDirectory(pid) === folder && isPostgres(pid) && processStart(pid) !== undefined);
}

/** Names the place where pids mean what they mean here: this boot, this pid namespace. */
export function pidNamespace(): string {
  if (process.platform !== 'linux') return hostname();
  return `${read('/proc/sys/kernel/random/boot_id')?.trim()} ${readlinkSync('/proc/self/ns/pid')}`;
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // gone, or another user's
  }
}

/** By the program's name, which backends keep: somebody's shell may be in the folder too. */
function isPostgres(pid: number): boolean {
  return read(`/proc/${pid}/comm`)?.trim() === 'postgres';
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
