import { Cache } from '@nestjs/cache-manager';
import type { LoggerService } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { createClient } from 'redis';
import { ConfigModule } from '../src/config/config.module';
import { readEnv } from '../src/config/env';
import { MetricsModule } from '../src/metrics/metrics.module';
import { CacheModule } from '../src/redis/cache.module';
import { CACHE_PREFIX } from '../src/redis/redis-cache-store';
import { type Redis, REDIS } from '../src/redis/redis';
import { RedisModule } from '../src/redis/redis.module';
import { freePort, RedisServer } from './support/redis-server';
import { describeWith } from './support/require-program';
import { eventually } from './support/until';

const logged: string[] = [];
const logger: LoggerService = {
  log: (text: string) => logged.push(text),
  warn: (text: string) => logged.push(text),
  error: (text: string) => logged.push(text),
};

/** What the cache promises, whatever holds it. */
function cacheContract(cache: () => Cache): void {
  it('returns what was set, until it is deleted', async () => {
    await cache().set('user:1', { name: 'Ann', tags: [1, null] });
    expect(await cache().get('user:1')).toEqual({ name: 'Ann', tags: [1, null] });
    await cache().del('user:1');
    expect(await cache().get('user:1')).toBeUndefined();
  });

  it('forgets after the time to live', async () => {
    await cache().set('short', 1, 20);
    await eventually(async () => (await cache().get('short')) === undefined);
  });

  it('reads, writes and deletes many at once', async () => {
    await cache().mset([
      { key: 'a', value: 'A' },
      { key: 'b', value: 'B' },
    ]);
    expect(await cache().mget(['a', 'missing', 'b'])).toEqual(['A', undefined, 'B']);
    await cache().mdel(['a', 'b']);
    expect(await cache().mget(['a', 'b'])).toEqual([undefined, undefined]);
  });

  it('asks once for many who wait for the same', async () => {
    const load = jest.fn(async () => ({ n: 7 }));
    const both = await Promise.all([cache().wrap('w', load), cache().wrap('w', load)]);
    expect(both).toEqual([{ n: 7 }, { n: 7 }]);
    expect(await cache().wrap('w', load)).toEqual({ n: 7 });
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('forgets all on clear', async () => {
    await cache().set('x', 1);
    await cache().clear();
    expect(await cache().get('x')).toBeUndefined();
  });
}

describe('cache in memory', () => {
  let app: TestingModule;

  beforeAll(async () => (app = await start({})));
  afterAll(() => app.close());

  it('needs no Redis', () => expect(app.get(REDIS)).toBeNull());
  cacheContract(() => app.get(Cache));
});

describeWith('redis-server', 'cache in Redis', () => {
  let redis: RedisServer;
  let app: TestingModule;
  let outside: ReturnType<typeof createClient>;

  beforeAll(async () => {
    redis = await RedisServer.start();
    app = await start({ REDIS_URL: redis.url, CACHE_TTL: '33' });
    outside = createClient({ url: redis.url, disableOfflineQueue: true });
    outside.on('error', () => undefined);
    await outside.connect();
  });
  afterAll(async () => {
    outside.destroy();
    await app.close();
    await redis.kill();
  });

  cacheContract(() => app.get(Cache));

  it('keeps its keys in Redis, prefixed, for CACHE_TTL', async () => {
    const cache = app.get(Cache);
    await cache.set('seen', { a: 1 });
    await cache.mset([{ key: 'seen:many', value: 2 }]);
    expect((await outside.keys('*')).sort()).toEqual([`${CACHE_PREFIX}seen`, `${CACHE_PREFIX}seen:many`]);
    for (const key of await outside.keys('*')) {
      const ttl = await outside.pTTL(key);
      expect(ttl).toBeGreaterThan(30_000);
      expect(ttl).toBeLessThanOrEqual(33_000);
    }
    expect(JSON.parse((await outside.get(`${CACHE_PREFIX}seen`)) ?? '')).toMatchObject({ value: { a: 1 } });
  });

  it('leaves alone on clear what is not its own', async () => {
    await outside.set('foreign', 'stays');
    await outside.set('parley:presence', 'stays');
    await Promise.all(Array.from({ length: 1_200 }, (_, i) => app.get(Cache).set(`k${i}`, i)));
    await app.get(Cache).clear();
    expect((await outside.keys('*')).sort()).toEqual(['foreign', 'parley:presence']);
  });

  it('answers while Redis hangs, and is back after', async () => {
    const cache = app.get(Cache);
    await cache.set('h', 1);
    redis.freeze();
    const from = performance.now();
    expect(await cache.get('h')).toBeUndefined();
    for (let i = 0; i < 100; i++) expect(await cache.get('h')).toBeUndefined();
    expect(await cache.wrap('loaded', async () => 'fresh')).toBe('fresh');
    expect(performance.now() - from).toBeLessThan(2_000);
    redis.thaw();
    await eventually(async () => (await cache.get('h')) === 1);
  });

  it('answers without Redis, is back with it, and says each once', async () => {
    const cache = app.get(Cache);
    logged.length = 0;
    await redis.kill();
    expect(await cache.get('gone')).toBeUndefined();
    expect(await cache.wrap('gone', async () => 5)).toBe(5);
    await cache.set('gone', 1);
    await cache.del('gone');
    await cache.mdel(['gone']);
    await cache.clear();
    expect(await cache.mget(['gone', 'b'])).toEqual([undefined, undefined]);
    await redis.startAgain();
    await eventually(async () => {
      await cache.set('back', 1);
      return (await cache.get('back')) === 1;
    });
    expect(logged).toEqual([
      expect.stringContaining('Redis cannot be reached'),
      expect.stringContaining('The cache in Redis fails'),
      'Redis is back',
      'The cache in Redis works again',
    ]);
  });

  it('starts without Redis, and without waiting for long', async () => {
    const from = performance.now();
    const lonely = await start({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
    expect(await lonely.get(Cache).wrap('k', async () => 'v')).toBe('v');
    expect(lonely.get<Redis>(REDIS).state).toBe('down');
    await lonely.close();
    expect(performance.now() - from).toBeLessThan(5_000);
  });
});

async function start(source: Record<string, string>): Promise<TestingModule> {
  const env = readEnv(source);
  const module = await Test.createTestingModule({
    imports: [ConfigModule.forRoot(env), MetricsModule, RedisModule, CacheModule],
  })
    .setLogger(logger)
    .compile();
  return module.init();
}
