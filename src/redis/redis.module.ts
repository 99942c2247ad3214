import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import { Metrics } from '../metrics/metrics';
import { closeRedis, connectRedis, REDIS, type RedisClient } from './redis-client';

@Global()
@Module({
  providers: [
    {
      provide: REDIS,
      inject: [ENV],
      useFactory: (env: Env) => (env.redisUrl ? connectRedis(env.redisUrl) : null),
    },
  ],
  exports: [REDIS],
})
export class RedisModule implements OnApplicationShutdown {
  constructor(
    @Inject(REDIS) private readonly client: RedisClient | null,
    metrics: Metrics,
  ) {
    if (!client) return;
    metrics.gauge({ name: 'parley_redis_up', help: 'Processes that are connected to Redis' }, () =>
      Number(client.isReady),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.client) await closeRedis(this.client);
  }
}
