import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientConfig } from 'pg';
import { type Mint, type Minted, openMint } from '../../tools/accounts/mint';
import { openServerSide } from '../../tools/accounts/server-side';
import { type Inside, MARK } from './inside';
import { MARK as PROFILE_MARK } from './profiler';
import { type Cpu, Processes, rssMiBOf } from './processes';

const MAIN = join(__dirname, '../../src/main.js');
/** As `npm start` and the files in deploy/ do. */
const FLAGS = ['--max-semi-space-size=32'];
const TOKEN_SECONDS = 86_400;

/** The built server as people run it: a process of its own, with the PostgreSQL that it brings along. */
export class BenchServer {
  private child: ChildProcess | undefined;
  private output = '';
  private client: Client | undefined;
  private processes: Processes | undefined;
  private cpuSeen: Cpu = { server: 0, database: 0 };
  /** From the start of the process until it was running, ms. */
  startedIn = NaN;

  private constructor(
    private readonly dataDir: string,
    private readonly settings: Record<string, string>,
  ) {}

  /** Starts one on an empty data folder, which `remove` takes away again. */
  static async start(settings: Record<string, string> = {}): Promise<BenchServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'parley-bench-'));
    // As root the database runs as another user, who has to get to it.
    await chmod(dataDir, 0o755);
    const server = new BenchServer(dataDir, settings);
    try {
      await server.launch();
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server;
  }

  /** `http://127.0.0.1:port` */
  get url(): string {
    const url = /REST +(\S+)\/v1/.exec(this.output)?.[1];
    if (!url) throw new Error(`the server printed no address: ${this.output}`);
    return url.replace('localhost', '127.0.0.1');
  }

  /** A session of the bench's own in the database. */
  get database(): Client {
    if (!this.client) throw new Error('the server does not run');
    return this.client;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Seconds of CPU that the server, or another process, and the database have taken since their start. */
  cpu(server?: number): Cpu {
    if (!this.processes) throw new Error('the server does not run');
    return this.processes.cpu(server);
  }

  /** How to reach its database. */
  async databaseConfig(): Promise<ClientConfig> {
    return (await openServerSide(this.ownSettings)).database;
  }

  rssMiB(): number {
    return rssMiBOf(this.child?.pid ?? 0);
  }

  /** Where the log of the database has got to, in bytes. */
  async walPosition(): Promise<number> {
    const { rows } = await this.database.query<{ at: string }>(
      `SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS at`,
    );
    return Number(rows[0]?.at);
  }

  /** Its database as DATABASE_URL of another server names it. */
  get databaseUrl(): string {
    const { host, port, user, password, database } = this.database;
    const reach = new URLSearchParams({ host });
    return `postgres://${user}:${password}@localhost:${port}/${database}?${reach.toString()}`;
  }

  /** What it has done since the last look; it has to run with bench/support/inside. */
  async lookInside(): Promise<Inside & Cpu> {
    const before = this.output.length;
    this.child?.kill('SIGUSR2');
    let line: string | undefined;
    while ((line = new RegExp(`${MARK}(.*)\n`).exec(this.output.slice(before))?.[1]) === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const now = this.cpu();
    const { server, database } = this.cpuSeen;
    this.cpuSeen = now;
    return {
      ...(JSON.parse(line) as Inside),
      ...{ server: now.server - server, database: now.database - database },
    };
  }

  /** Begins or ends a profile; it has to run with bench/support/profiler. */
  toggleProfile(): void {
    this.child?.kill('SIGUSR2');
  }

  /** Resolves when the profile that was ended has been kept. */
  async profileKept(): Promise<void> {
    while (!this.output.includes(PROFILE_MARK)) await new Promise((resolve) => setTimeout(resolve, 5));
    this.output = this.output.replace(PROFILE_MARK, '');
  }

  /** As by a crash. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Accounts with sessions, made past the API. */
  async accounts(...names: string[]): Promise<Minted[]> {
    const mint: Mint = await openMint(this.ownSettings);
    const wanted = names.map((name) => ({ username: name, displayName: name }));
    return mint
      .accounts(wanted, { ttlSeconds: TOKEN_SECONDS, password: 'correct horse battery' })
      .finally(() => mint.close());
  }

  /** Ends both processes, which writes the data to its files, and starts them again with empty memories. */
  async restart(): Promise<void> {
    await this.stop();
    await this.launch();
  }

  /** Ends it, and takes its data away. */
  async remove(): Promise<void> {
    await this.stop().finally(() => rm(this.dataDir, { recursive: true, force: true }));
  }

  // Of this server's folder, whatever the environment of the bench says.
  private get ownSettings(): { settings: Record<string, string> } {
    return { settings: { ...this.settings, DATA_DIR: this.dataDir } };
  }

  private async launch(): Promise<void> {
    const { PATH = '', HOME = '' } = process.env;
    const own = {
      ...{ HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'warn', DATA_DIR: this.dataDir },
      // Tokens are to outlive a run, and to be such as the server gives itself.
      ACCESS_TOKEN_TTL: String(TOKEN_SECONDS),
    };
    const env = { PATH, HOME, ...own, ...this.settings };
    this.output = '';
    const begun = performance.now();
    const child = spawn(process.execPath, [...FLAGS, MAIN], { env, cwd: this.dataDir });
    this.child = child;
    await this.running(child);
    this.startedIn = performance.now() - begun;
    this.client = new Client(await this.databaseConfig());
    // Whatever it is busy with hears of a lost connection as well.
    this.client.on('error', () => undefined);
    await this.client.connect();
    const { rows } = await this.client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    this.processes = new Processes(child.pid ?? 0, rows[0]?.pid ?? 0);
    this.cpuSeen = { server: 0, database: 0 };
  }

  private async running(child: ChildProcess): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        this.output += chunk.toString();
        if (this.output.includes('Parley is running')) resolve();
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`the server ended: ${this.output}`)));
    });
  }

  private async stop(): Promise<void> {
    const { child, client } = this;
    this.child = this.client = undefined;
    // Cut off in the middle of a query, it complains; who asked has gone.
    await client?.end().catch(() => undefined);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}
