import { Module } from '@nestjs/common';
import { ConnectionsModule } from '../connections/connections.module';
import { ConversationsModule } from '../conversations/conversations.module';
import { ReceiptsModule } from '../receipts/receipts.module';
import { TimelineModule } from '../timeline/timeline.module';
import { UsersModule } from '../users/users.module';
import { ChangesService } from './changes.service';
import { ConversationListController } from './conversation-list.controller';
import { ConversationListService } from './conversation-list.service';
import { NewsService } from './news.service';
import { SyncEpochs } from './sync-epochs';
import { SyncController } from './sync.controller';
import { SyncGateway } from './sync.gateway';
import { SyncService } from './sync.service';

@Module({
  imports: [ConnectionsModule, ConversationsModule, ReceiptsModule, TimelineModule, UsersModule],
  controllers: [ConversationListController, SyncController],
  providers: [ChangesService, ConversationListService, NewsService, SyncEpochs, SyncGateway, SyncService],
})
export class SyncModule {}
