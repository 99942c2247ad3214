import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientConfig } from 'pg';
import { databaseIn } from '../accounts/server-side';
import { pause } from '../support/flow';
import { Refusal } from '../support/refusal';

const ROOT = join(__dirname, '../../..');
const MAIN = join(ROOT, 'dist/src/main.js');
const LEASH = join(ROOT, 'scripts/dies-with-launcher.cjs');
const POSTMASTER_FILE = 'postgres/data/postmaster.pid';
const KEPT_OUTPUT = 16_000;
const STOP_PATIENCE_MS = 15_000;
const SETTINGS = {
  HOST: '127.0.0.1',
  LOG_LEVEL: 'error',
  NO_COLOR: '1',
  // Dead connections are noticed while somebody looks.
  HEARTBEAT_SECONDS: '2',
  ACCESS_TOKEN_TTL: '86400',
};

/** The built server, with a database of its own, which is there for being maltreated. */
export class OwnServer {
  private child: ChildProcess | null = null;
  private output = '';
  private port = '0';

  private constructor(
    private readonly dataDir: string,
    /** Called when it ends and nobody has ended it. */
    private readonly died: (how: string) => void,
  ) {}

  static async start(died: (how: string) => void): Promise<OwnServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'parley-delivery-'));
    // As root the database runs as another user, who has to get to it.
    await chmod(dataDir, 0o755);
    const server = new OwnServer(dataDir, died);
    try {
      await server.run();
    } catch (error) {
      await server.remove();
      throw error;
    }
    // The same after each start, so that clients find their server again.
    server.port = new URL(server.url).port;
    return server;
  }

  /** Straight to it. */
  get url(): string {
    return (
      /REST +(\S+)\/v1/.exec(this.output)?.[1]?.replace('localhost', '127.0.0.1') ??
      `http://127.0.0.1:${this.port}`
    );
  }

  get database(): ClientConfig {
    return databaseIn(this.dataDir);
  }

  /** The last that it said. */
  get lastWords(): string {
    return this.output.slice(-KEPT_OUTPUT);
  }

  async postmaster(): Promise<number> {
    return Number((await readFile(join(this.dataDir, POSTMASTER_FILE), 'utf8')).split('\n')[0]);
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Ends it and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  async run(): Promise<void> {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, DATA_DIR: this.dataDir, PORT: this.port, ...SETTINGS };
    const child = spawn(process.execPath, ['--require', LEASH, MAIN], {
      ...{ env, cwd: this.dataDir, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    });
    this.child = child;
    const ended = once(child, 'exit').then(([code, signal]) => String(code ?? signal));
    void ended.then((how) => {
      if (this.child !== child) return;
      this.child = null;
      this.died(how);
    });
    const running = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        let said = '';
        stream?.on('data', (chunk: Buffer) => {
          this.output = (this.output + chunk.toString()).slice(-4 * KEPT_OUTPUT);
          if (said !== '-' && (said += chunk.toString()).includes('Parley is running')) {
            said = '-';
            resolve();
          }
        });
      }
    });
    const how = await Promise.race([running, ended]);
    if (how !== undefined) throw new Refusal(`The server ended with ${how}:\n${this.lastWords}`);
  }

  /** Ends it and its database, and leaves nothing behind. */
  async remove(): Promise<void> {
    const { child } = this;
    child?.kill('SIGCONT');
    const late = setTimeout(() => child?.kill('SIGKILL'), STOP_PATIENCE_MS);
    await this.end('SIGTERM');
    clearTimeout(late);
    await this.endDatabase();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** It goes with the server, unless that was killed. */
  private async endDatabase(): Promise<void> {
    for (let signal: NodeJS.Signals = 'SIGINT'; ;) {
      try {
        process.kill(await this.postmaster(), signal);
        signal = 'SIGCONT';
      } catch {
        return;
      }
      await pause(50);
    }
  }
}
