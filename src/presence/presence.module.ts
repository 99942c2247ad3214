import { Module } from '@nestjs/common';
import { ConnectionsModule } from '../connections/connections.module';
import { ConversationsModule } from '../conversations/conversations.module';
import { UsersModule } from '../users/users.module';
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
import { WatchLists } from './watch-lists';

@Module({
  imports: [ConnectionsModule, ConversationsModule, UsersModule],
  controllers: [PresenceController],
  providers: [
    LastSeenWriter,
    PresenceAccess,
    PresenceAnnouncer,
    PresenceGateway,
    PresenceReader,
    PresenceService,
    PresenceTracker,
    PresenceWatches,
    WatchLists,
    { provide: PresenceStore, useClass: MemoryPresenceStore },
  ],
})
export class PresenceModule {}
