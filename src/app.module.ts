import { type DynamicModule, Module } from '@nestjs/common';
import { AuthModule } from './auth/auth.module';
import { ChatModule } from './chat/chat.module';
import { CommonModule } from './common/common.module';
import { ConfigModule } from './config/config.module';
import type { Env } from './config/env';
import { ConnectionsModule } from './connections/connections.module';
import { ConversationsModule } from './conversations/conversations.module';
import { dataSourceOptions, type DatabaseConnection } from './database/data-source-options';
import { DatabaseModule } from './database/database.module';
import { HealthModule } from './health/health.module';
import { MetricsModule } from './metrics/metrics.module';
import { PresenceModule } from './presence/presence.module';
import { ReceiptsModule } from './receipts/receipts.module';
import { CacheModule } from './redis/cache.module';
import { RedisModule } from './redis/redis.module';
import { SyncModule } from './sync/sync.module';
import { TimelineModule } from './timeline/timeline.module';
import { UsersModule } from './users/users.module';

/** Everything, from the ground floor up. */
@Module({})
export class AppModule {
  static forRoot(env: Env, database: DatabaseConnection): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(env),
        CommonModule,
        MetricsModule,
        DatabaseModule.forRoot(dataSourceOptions(database, env.databasePoolSize)),
        RedisModule,
        CacheModule,
        ConnectionsModule,
        TimelineModule,
        UsersModule,
        AuthModule,
        ConversationsModule,
        ReceiptsModule,
        PresenceModule,
        SyncModule,
        ChatModule,
        HealthModule,
      ],
    };
  }
}
