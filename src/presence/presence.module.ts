import { Module } from '@nestjs/common';
import { Clock } from '../common/clock';
import { newId } from '../common/ids';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import { NodeBus } from '../connections/bus/node-bus';
import { ConnectionsModule } from '../connections/connections.module';
import { ConversationsModule } from '../conversations/conversations.module';
import { type Redis, REDIS } from '../redis/redis';
import { UsersModule } from '../users/users.module';
import { FriendsHere } from './friends-here';
import { LastSeenWriter } from './last-seen-writer';
import { MemoryPresenceStore } from './memory-presence-store';
import { PresenceAccess } from './presence-access';
import { PresenceAnnouncer } from './presence-announcer';
import { PresenceController } from './presence.controller';
import { PresenceGateway } from './presence.gateway';
import { PresenceReader } from './presence-reader';
import { PresenceService } from './presence.service';
import { PresenceStore } from './presence-store';
import { PresenceTracker } from './presence-tracker';
import { PresenceWatches } from './presence-watches';
import { RedisPresenceStore } from './redis-presence-store';
import { WatchLists } from './watch-lists';

@Module({
  imports: [ConnectionsModule, ConversationsModule, UsersModule],
  controllers: [PresenceController],
  providers: [
    FriendsHere,
    LastSeenWriter,
    PresenceAccess,
    PresenceAnnouncer,
    PresenceGateway,
    PresenceReader,
    PresenceService,
    PresenceTracker,
    PresenceWatches,
    WatchLists,
    {
      provide: PresenceStore,
      inject: [ENV, REDIS, NodeBus, Clock],
      useFactory: (env: Env, redis: Redis | null, bus: NodeBus, clock: Clock) =>
        redis
          ? new RedisPresenceStore(redis, bus, clock, {
              nodeId: newId(),
              ttlMs: env.presenceTtlSeconds * 1_000,
            })
          : new MemoryPresenceStore(env, clock),
    },
  ],
})
export class PresenceModule {}
