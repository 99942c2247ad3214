import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { BenchServer } from './bench-server';
import type { Bench } from './scenario';

/** Several servers on one database and one Redis; the first brings the database. */
export class Fleet {
  private constructor(
    readonly servers: BenchServer[],
    private readonly redis: ChildProcess,
  ) {}

  static async start(bench: Bench, count: number): Promise<Fleet> {
    const { redis, url } = await startRedis();
    const settings = {
      REDIS_URL: url,
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
      redis.kill();
      throw error;
    }
  }

  end(): void {
    this.redis.kill();
  }
}

async function startRedis(): Promise<{ redis: ChildProcess; url: string }> {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const redis = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  // However the bench ends.
  process.once('exit', () => redis.kill());
  let output = '';
  await new Promise<void>((resolve, reject) => {
    redis.once('error', () =>
      reject(new Error('redis-server cannot be started: install it for this scenario')),
    );
    redis.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Ready to accept connections')) resolve();
    });
  });
  return { redis, url: `redis://127.0.0.1:${port}` };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
