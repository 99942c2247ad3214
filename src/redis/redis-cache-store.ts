import { Logger } from '@nestjs/common';
import { redisInsStore } from 'cache-manager-redis-yet';
import type { KeyvStoreAdapter, StoredData } from 'keyv';
import type { Redis } from './redis';
import { within } from './redis-connection';

/** Before every key in Redis; what does not begin with it is not the cache's. */
export const CACHE_PREFIX = 'parley:cache:';

/** A slower answer counts as none. */
const LIMIT_MS = 250;
/** Clearing walks over every key of the database, foreign ones too. */
const CLEAR_LIMIT_MS = 10_000;
/** After a failure Redis is not asked for this long, so that a hung one delays one request and not all. */
const PAUSE_MS = 1_000;
const SCAN_COUNT = 500;

/**
 * The cache's entries in Redis; a Redis that fails is a miss, never an error.
 *
 * A deletion that Redis did not get leaves the old value for at most CACHE_TTL: what must not be stale
 * for that long is not for this cache. cache-manager-redis-yet is no longer developed; its successor is
 * `@keyv/redis`, which takes the place of this file.
 */
export class RedisCacheStore implements KeyvStoreAdapter {
  readonly opts = {};
  namespace?: string | undefined;
  private readonly store;
  private readonly guard = new Guard();

  constructor(private readonly redis: Redis) {
    this.store = redisInsStore(commandsOf(redis));
  }

  get<Value>(key: string): Promise<StoredData<Value> | undefined> {
    return this.guard.attempt(undefined, () => this.store.get<StoredData<Value>>(CACHE_PREFIX + key));
  }

  async getMany<Value>(keys: string[]): Promise<StoredData<Value | undefined>[]> {
    // Not MGET: in a cluster they are on several masters.
    const read = () => Promise.all(keys.map((key) => this.store.get(CACHE_PREFIX + key)));
    const found = await this.guard.attempt<unknown[]>([], read);
    return keys.map((_, i) => found[i] as StoredData<Value | undefined>);
  }

  /** @param ttl in milliseconds */
  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    const write = async () => (await this.store.set(CACHE_PREFIX + key, value, ttl), true);
    return this.guard.attempt(false, write);
  }

  /** Tried during a pause too: an entry that outlives its deletion is worse than a short wait. */
  async delete(key: string): Promise<boolean> {
    const remove = async () => (await this.store.del(CACHE_PREFIX + key), true);
    return this.guard.attempt(false, remove, { evenPaused: true });
  }

  /** Removes the cache's keys and no others; the package's own reset() is FLUSHDB. */
  async clear(): Promise<void> {
    await this.guard.attempt(undefined, () => this.clearAll(), { evenPaused: true, limitMs: CLEAR_LIMIT_MS });
  }

  // The client sends the error events, and RedisModule listens to them.
  on(): this {
    return this;
  }

  private async clearAll(): Promise<void> {
    for (const client of this.redis.clients) {
      for await (const keys of client.scanIterator({ MATCH: `${CACHE_PREFIX}*`, COUNT: SCAN_COUNT })) {
        await Promise.all(keys.map((key) => client.unlink(key)));
      }
    }
    if (this.redis.state !== 'up') throw new Error('Redis cannot be reached');
  }
}

/** The commands that the package calls here; its types name an older client of its own. */
function commandsOf(redis: Redis): Parameters<typeof redisInsStore>[0] {
  const commands = {
    get: (key: string) => redis.run(key, (client) => client.get(key)),
    set: (key: string, value: string, options?: { PX: number }) =>
      redis.run(key, (client) => client.set(key, value, options)),
    del: (key: string) => redis.run(key, (client) => client.del(key)),
  };
  return commands as unknown as Parameters<typeof redisInsStore>[0];
}

/** Runs what may fail or hang, and tells once per outage. */
class Guard {
  private readonly log = new Logger('Cache');
  private out = false;
  private pausedUntil = 0;

  async attempt<T>(
    otherwise: T,
    run: () => Promise<T>,
    { evenPaused = false, limitMs = LIMIT_MS } = {},
  ): Promise<T> {
    if (!evenPaused && performance.now() < this.pausedUntil) return otherwise;
    try {
      const value = await within(limitMs, run());
      this.recovered();
      return value;
    } catch (error) {
      this.failed(error);
      return otherwise;
    }
  }

  private failed(error: unknown): void {
    this.pausedUntil = performance.now() + PAUSE_MS;
    if (this.out) return;
    this.out = true;
    this.log.warn(`The cache in Redis fails, going on without: ${String(error)}`);
  }

  private recovered(): void {
    if (this.out) this.log.log('The cache in Redis works again');
    this.out = false;
    this.pausedUntil = 0;
  }
}
