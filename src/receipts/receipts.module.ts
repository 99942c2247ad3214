import { Module } from '@nestjs/common';
import { ConnectionsModule } from '../connections/connections.module';
import { ConversationsModule } from '../conversations/conversations.module';
import { TimelineModule } from '../timeline/timeline.module';
import { CursorWriter } from './cursor-writer';
import { MissedHints } from './missed-hints';
import { ReceiptsController } from './receipts.controller';
import { ReceiptsGateway } from './receipts.gateway';
import { ReceiptsService } from './receipts.service';
import { UnreadController } from './unread.controller';
import { UnreadExplainer } from './unread-explainer';
import { UnreadService } from './unread.service';

@Module({
  imports: [ConnectionsModule, ConversationsModule, TimelineModule],
  controllers: [ReceiptsController, UnreadController],
  providers: [CursorWriter, MissedHints, ReceiptsGateway, ReceiptsService, UnreadExplainer, UnreadService],
  exports: [MissedHints, UnreadService],
})
export class ReceiptsModule {}
