import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { BenchServer } from './bench-server';
import { Redis } from './redis';
import type { Bench } from './scenario';

/** Several servers on one database and one Redis; the first brings the database. */
export class Fleet {
  private constructor(
    readonly servers: BenchServer[],
    private readonly redis: Redis,
  ) {}

  static async start(bench: Bench, count: number): Promise<Fleet> {
    const redis = await Redis.start();
    const settings = {
      REDIS_URL: redis.url,
      JWT_SECRET: randomBytes(48).toString('base64'),
      NODE_OPTIONS: `--require ${join(__dirname, 'inside.js')}`,
      PARLEY_BENCH_INSIDE: '1',
    };
    try {
      const first = await bench.startServer(settings);
      const database = { DATABASE_URL: first.databaseUrl };
      const servers = [first];
      while (servers.length < count) servers.push(await bench.startServer({ ...settings, ...database }));
      return new Fleet(servers, redis);
    } catch (error) {
      await redis.stop();
      throw error;
    }
  }

  end(): Promise<void> {
    return this.redis.stop();
  }
}
