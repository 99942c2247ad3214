import { type CacheManagerOptions, CacheModule as NestCacheModule } from '@nestjs/cache-manager';
import { Module } from '@nestjs/common';
import { Keyv, type KeyvStoreAdapter } from 'keyv';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import { MemoryCacheStore } from './memory-cache-store';
import { type Redis, REDIS } from './redis';
import { RedisCacheStore } from './redis-cache-store';

/** Everywhere: `Cache` of @nestjs/cache-manager. Its values are JSON: a Date comes back as text. */
@Module({
  imports: [
    NestCacheModule.registerAsync({
      isGlobal: true,
      inject: [ENV, REDIS],
      useFactory: (env: Env, redis: Redis | null) => {
        const ttl = env.cacheTtlSeconds * 1_000;
        const store = redis ? new RedisCacheStore(redis) : new MemoryCacheStore();
        return { ttl, stores: toKeyv(store, ttl) };
      },
    }),
  ],
})
export class CacheModule {}

/** The store prefixes its keys and writes JSON itself, so Keyv does neither. */
function toKeyv(store: KeyvStoreAdapter, ttl: number): CacheManagerOptions['stores'] {
  const keyv = new Keyv({ store, ttl, namespace: undefined, useKeyPrefix: false });
  keyv.serialize = undefined;
  keyv.deserialize = undefined;
  // Keyv is declared once for import and once for require, and TypeScript takes them for two classes.
  return keyv as unknown as CacheManagerOptions['stores'];
}
