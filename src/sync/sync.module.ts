import { Module } from '@nestjs/common';
import { ReceiptsModule } from '../receipts/receipts.module';
import { TimelineModule } from '../timeline/timeline.module';
import { UsersModule } from '../users/users.module';
import { ConversationListController } from './conversation-list.controller';
import { ConversationListService } from './conversation-list.service';

@Module({
  imports: [ReceiptsModule, TimelineModule, UsersModule],
  controllers: [ConversationListController],
  providers: [ConversationListService],
})
export class SyncModule {}
