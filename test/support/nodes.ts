import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { freePort } from '../../bench/support/ports';
import { RedisServer } from './redis-server';
import { urlOf } from './run-tool';
import { removeDataDirs, ServerProcess } from './server-process';
import { createDatabase, dropDatabase, type TestDatabase } from './start-app';

/** Several server processes on one database and one Redis, as they stand behind a balancer. */
export class Nodes {
  readonly servers: ServerProcess[] = [];

  private constructor(
    readonly dir: string,
    readonly database: TestDatabase,
    private readonly redis: RedisServer,
    /** Of every start from here on. */
    readonly settings: Record<string, string>,
    readonly ports: readonly number[],
  ) {}

  static async start(count: number, settings: Record<string, string> = {}): Promise<Nodes> {
    const [dir, database, redis] = [
      await ServerProcess.dataDir(),
      await createDatabase(),
      await RedisServer.start(),
    ];
    const ports: number[] = [];
    for (let i = 0; i < count; i++) ports.push(await freePort());
    const common = {
      ...{ NODE_ENV: 'production', LOG_LEVEL: 'error', ACCESS_TOKEN_TTL: '86400' },
      ...{ DATABASE_URL: urlOf(database), REDIS_URL: redis.url, JWT_SECRET: randomUUID() },
      ...settings,
    };
    const nodes = new Nodes(dir, database, redis, common, ports);
    try {
      for (let i = 0; i < count; i++) await nodes.startAgain(i);
    } catch (error) {
      await nodes.stop();
      throw error;
    }
    return nodes;
  }

  /** `http://127.0.0.1:port` of each, also of one that does not run. */
  get urls(): string[] {
    return this.ports.map((port) => `http://127.0.0.1:${port}`);
  }

  /** Starts one at its port. */
  async startAgain(index: number): Promise<void> {
    const settings = { ...this.settings, PORT: String(this.ports[index]) };
    this.servers[index] = await ServerProcess.start(this.dir, settings);
  }

  end(index: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    return this.servers[index]!.end(signal);
  }

  /** A session in their database. */
  async session(): Promise<Client> {
    const client = new Client(this.database);
    await client.connect();
    return client;
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.end('SIGKILL')));
    await this.redis.kill();
    await dropDatabase(this.database);
    await removeDataDirs(this.dir);
  }
}
