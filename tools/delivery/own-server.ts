import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientConfig } from 'pg';
import { databaseIn, type KeptDatabase, keepDatabase } from '../accounts/server-side';
import { pause } from '../support/flow';
import { NodeProcess } from './node-process';
import { OwnRedis } from './own-redis';

const POSTMASTER_FILE = 'postgres/data/postmaster.pid';
const STOP_PATIENCE_MS = 15_000;
/** Small, so that there are groups with a channel of their own, and others. */
const GROUP_CHANNEL_MEMBERS = '6';

/**
 * The built server with a database of its own: one process that runs it, or several that share it, and a
 * Redis between them.
 */
export class OwnServer {
  readonly nodes: NodeProcess[] = [];
  private kept: KeptDatabase | null = null;
  private ownRedis: OwnRedis | null = null;

  private constructor(private readonly folder: string) {}

  /** `died` is called when a process ends and nobody has ended it. */
  static async start(count: number, died: (how: string) => void): Promise<OwnServer> {
    const folder = await mkdtemp(join(tmpdir(), 'parley-delivery-'));
    // As root the database runs as another user, who has to get to it.
    await chmod(folder, 0o755);
    const server = new OwnServer(folder);
    try {
      const settings = count > 1 ? await server.share() : {};
      for (let index = 0; index < count; index++) {
        server.nodes.push(new NodeProcess({ folder, settings, died }));
      }
      await server.run();
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server;
  }

  /** Straight to each of its processes. */
  get urls(): [string, ...string[]] {
    return this.nodes.map(({ url }) => url) as [string, ...string[]];
  }

  get database(): ClientConfig {
    return databaseIn(this.folder);
  }

  /** Between several. */
  get redis(): OwnRedis {
    if (!this.ownRedis) throw new Error('One server has no Redis');
    return this.ownRedis;
  }

  /** The last that they said. */
  get lastWords(): string {
    return this.nodes.map(({ url, lastWords }) => `${url}\n${lastWords}`).join('\n');
  }

  async postmaster(): Promise<number> {
    return Number((await readFile(join(this.folder, POSTMASTER_FILE), 'utf8')).split('\n')[0]);
  }

  async run(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.run()));
  }

  /** Whether all are ready within so long. */
  async isReady(withinMs: number): Promise<boolean> {
    return (await Promise.all(this.nodes.map((node) => node.isReady(withinMs)))).every(Boolean);
  }

  /** Ends it with its database and its Redis, and leaves nothing behind. */
  async remove(): Promise<void> {
    for (const node of this.nodes) node.signal('SIGCONT');
    await Promise.allSettled(this.nodes.map((node) => node.end('SIGTERM', STOP_PATIENCE_MS)));
    this.ownRedis?.signal('SIGCONT');
    await this.ownRedis?.end('SIGKILL');
    await this.kept?.stop();
    await this.endDatabase();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** What several processes have in common. */
  private async share(): Promise<Record<string, string>> {
    this.kept = await keepDatabase(this.folder);
    this.ownRedis = await OwnRedis.start();
    return {
      DATABASE_URL: this.kept.url,
      REDIS_URL: this.ownRedis.url,
      JWT_SECRET: randomBytes(48).toString('base64'),
      GROUP_CHANNEL_MEMBERS,
    };
  }

  /** That of a single process goes with it, unless that was killed. */
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
