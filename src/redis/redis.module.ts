import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import { Redis, REDIS } from './redis';
import { Metrics } from '../metrics/metrics';

@Global()
@Module({
  providers: [
    {
      provide: REDIS,
      inject: [ENV],
      useFactory: (env: Env) => (env.redisUrls.length > 0 ? Redis.connect(env.redisUrls) : null),
    },
  ],
  exports: [REDIS],
})
export class RedisModule implements OnApplicationShutdown {
  constructor(
    @Inject(REDIS) private readonly redis: Redis | null,
    metrics: Metrics,
  ) {
    if (!redis) return;
    metrics.gauge({ name: 'parley_redis_up', help: 'Processes that are connected to Redis' }, () =>
      Number(redis.state === 'up'),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.redis?.close();
  }
}
