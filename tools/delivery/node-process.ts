import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pause } from '../support/flow';
import { Refusal } from '../support/refusal';

const ROOT = join(__dirname, '../../..');
const MAIN = join(ROOT, 'dist/src/main.js');
const LEASH = join(ROOT, 'scripts/dies-with-launcher.cjs');
const KEPT_OUTPUT = 16_000;
/** What docs/operations.md grants who is told to stop. */
const STOP_WITHIN_MS = 40_000;
const ASK_READY_WITHIN_MS = 2_000;
const RETRY_MS = 100;
const SETTINGS = {
  HOST: '127.0.0.1',
  LOG_LEVEL: 'error',
  NO_COLOR: '1',
  // Dead connections are noticed while somebody looks.
  HEARTBEAT_SECONDS: '2',
  ACCESS_TOKEN_TTL: '86400',
};

/** What one process of the server is started with. */
export interface NodeSetting {
  readonly folder: string;
  readonly settings: Record<string, string>;
  /** Called when it ends and nobody has ended it. */
  died(how: string): void;
}

/** One process of the built server, which is there for being maltreated. */
export class NodeProcess {
  private child: ChildProcess | null = null;
  private output = '';
  /** The same after each start, so that clients find their server again. */
  private port = '0';

  constructor(private readonly setting: NodeSetting) {}

  /** Straight to it. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The last that it said. */
  get lastWords(): string {
    return this.output.slice(-KEPT_OUTPUT);
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Ends it and waits for the end, which a signal to stop has to bring about in time and in order. */
  async end(signal: NodeJS.Signals, withinMs = STOP_WITHIN_MS): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    const patience = new AbortController();
    const late = sleep(withinMs, true, patience).catch(() => false);
    const ended = once(child, 'exit');
    const isLate = await Promise.race([ended.then(() => false), late]);
    patience.abort();
    if (isLate) {
      child.kill('SIGKILL');
      await ended;
      throw new Error(`it did not end within ${withinMs / 1_000} s of ${signal}`);
    }
    if (signal !== 'SIGKILL' && child.exitCode !== 0) {
      throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
    }
  }

  async run(): Promise<void> {
    const { folder, settings } = this.setting;
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, DATA_DIR: folder, PORT: this.port, ...SETTINGS, ...settings };
    const child = spawn(process.execPath, ['--require', LEASH, MAIN], {
      ...{ env, cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    });
    this.child = child;
    const ended = once(child, 'exit').then(([code, signal]) => String(code ?? signal));
    void ended.then((how) => {
      if (this.child !== child) return;
      this.child = null;
      this.setting.died(how);
    });
    const how = await Promise.race([this.running(child), ended]);
    if (how !== undefined) throw new Refusal(`The server ended with ${how}:\n${this.lastWords}`);
  }

  /** Whether it says within so long that clients may come. */
  async isReady(withinMs: number): Promise<boolean> {
    const until = performance.now() + withinMs;
    while (performance.now() < until) {
      const signal = AbortSignal.timeout(ASK_READY_WITHIN_MS);
      const answer = await fetch(`${this.url}/health/ready`, { signal }).catch(() => null);
      await answer?.arrayBuffer().catch(() => null);
      if (answer?.ok) return true;
      await pause(RETRY_MS);
    }
    return false;
  }

  private running(child: ChildProcess): Promise<void> {
    return new Promise((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        let said = '';
        stream?.on('data', (chunk: Buffer) => {
          this.output = (this.output + chunk.toString()).slice(-4 * KEPT_OUTPUT);
          const port = /REST +\S+:(\d+)\/v1/.exec((said += chunk.toString()))?.[1];
          said = said.slice(-KEPT_OUTPUT);
          if (port === undefined) return;
          this.port = port;
          resolve();
        });
      }
    });
  }
}
