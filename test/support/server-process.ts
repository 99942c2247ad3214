import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processesIn } from '../../src/database/embedded-postgres/process-info';
import { eventually } from './until';

const MAIN = join(__dirname, '../../dist/src/main.js');

/** The built server in a process of its own, as people run it. */
export class ServerProcess {
  output = '';
  readonly exited: Promise<number | null>;
  private changed = () => undefined as void;

  private constructor(
    readonly child: ChildProcess,
    readonly dataDir: string,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
        this.changed();
      });
    }
    this.exited = once(child, 'exit').then(([code]) => code as number | null);
  }

  /** A data folder that is removed by `removeDataDirs`. */
  static async dataDir(): Promise<string> {
    const dir = await mkdtemp(join(tmpdir(), 'parley-process-'));
    // As root the database runs as another user, who has to get to it.
    await chmod(dir, 0o755);
    return dir;
  }

  static spawn(dataDir: string, settings: Record<string, string> = {}, main = MAIN): ServerProcess {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, HOST: '127.0.0.1', PORT: '0', DATA_DIR: dataDir, ...settings };
    return new ServerProcess(spawn(process.execPath, [main], { env, cwd: dataDir }), dataDir);
  }

  /** A process that runs the server by other means. */
  static of(child: ChildProcess, dataDir: string): ServerProcess {
    return new ServerProcess(child, dataDir);
  }

  /** Starts one and waits until it listens. */
  static async start(
    dataDir: string,
    settings: Record<string, string> = {},
    main = MAIN,
  ): Promise<ServerProcess> {
    const server = ServerProcess.spawn(dataDir, settings, main);
    await server.printed(/Parley is running/);
    return server;
  }

  /** `http://localhost:port`, as it printed it. */
  get url(): string {
    const url = /REST +(\S+)\/v1/.exec(this.output)?.[1];
    if (!url) throw new Error(`no address was printed: ${this.output}`);
    return url.replace('localhost', '127.0.0.1');
  }

  /** Waits for what it prints. */
  async printed(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.output)) {
      const more = new Promise<void>((resolve) => (this.changed = resolve));
      const ended = await Promise.race([more.then(() => false), this.exited.then(() => true)]);
      if (ended && !pattern.test(this.output)) throw new Error(`it ended without ${pattern}: ${this.output}`);
    }
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.exited;
  }
}

export async function removeDataDirs(...dirs: string[]): Promise<void> {
  for (const dir of dirs) {
    // A database that its server has left, or that is about to end, goes on writing.
    const left = () => processesIn(join(dir, 'postgres', 'data'));
    for (const pid of left()) kill(pid);
    await eventually(() => left().length === 0);
    await rm(dir, { recursive: true, force: true });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone meanwhile.
  }
}

/** The database's main process, by the file that it keeps. */
export function postmasterOf(dir: string): number {
  const file = execFileSync('find', [dir, '-name', 'postmaster.pid'], { encoding: 'utf8' }).trim();
  return Number(readFileSync(file, 'utf8').split('\n')[0]);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Worker processes of a server, as the kernel knows them. */
export function workersOf({ child }: ServerProcess): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && isWorker(pid, child.pid));
}

function isWorker(pid: number, parent: number | undefined): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const [, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(ppid) === parent && command.endsWith('\0worker\0');
  } catch {
    return false; // it has ended
  }
}
