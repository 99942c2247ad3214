import { CACHE_MANAGER, type Cache } from '@nestjs/cache-manager';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { User } from '@parley/protocol';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';

/** People as others see them, in the cache that all nodes share; a cache that fails is a cache that is empty. */
@Injectable()
export class ProfileCache {
  private readonly logger = new Logger(ProfileCache.name);
  private readonly ttlMs: number;

  constructor(
    @Inject(CACHE_MANAGER) private readonly cache: Cache,
    @Inject(ENV) env: Env,
  ) {
    this.ttlMs = env.cacheTtlSeconds * 1_000;
  }

  /** Those that are there. */
  async getMany(ids: readonly string[]): Promise<User[]> {
    try {
      const found =
        ids.length === 1 ? [await this.getOne(ids[0])] : await this.cache.mget<User>(ids.map(toKey));
      // Redis says null where memory says undefined.
      return found.filter((user) => user != null);
    } catch (error) {
      this.tell(error);
      return [];
    }
  }

  async setMany(users: readonly User[]): Promise<void> {
    try {
      await this.cache.mset(users.map((user) => ({ key: toKey(user.id), value: user, ttl: this.ttlMs })));
    } catch (error) {
      this.tell(error);
    }
  }

  async forget(id: string): Promise<void> {
    try {
      await this.cache.del(toKey(id));
    } catch (error) {
      this.tell(error);
    }
  }

  private getOne(id = ''): Promise<User | undefined> {
    return this.cache.get<User>(toKey(id));
  }

  private tell(error: unknown): void {
    this.logger.debug(`the cache of profiles failed: ${String(error)}`);
  }
}

function toKey(id: string): string {
  return `user:${id}`;
}
