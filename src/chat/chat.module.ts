import { Module } from '@nestjs/common';
import { ConnectionsModule } from '../connections/connections.module';
import { ConversationsModule } from '../conversations/conversations.module';
import { ReceiptsModule } from '../receipts/receipts.module';
import { TimelineModule } from '../timeline/timeline.module';
import { UsersModule } from '../users/users.module';
import { ChatController } from './chat.controller';
import { ChatGateway } from './chat.gateway';
import { ChatService } from './chat.service';
import { GapFiller } from './gap-filler';
import { MessageAccess } from './message-access';
import { MessageChanger } from './message-changer';
import { MessageChangesController } from './message-changes.controller';
import { MessageChangesGateway } from './message-changes.gateway';
import { MessageDeletionService } from './message-deletion.service';
import { MessageEditsService } from './message-edits.service';
import { MessagePushes } from './message-pushes';
import { PinsService } from './pins.service';
import { ReactionsService } from './reactions.service';
import { TimelineFollower } from './timeline-follower';
import { TypingService } from './typing.service';

@Module({
  imports: [ConnectionsModule, ConversationsModule, ReceiptsModule, TimelineModule, UsersModule],
  controllers: [ChatController, MessageChangesController],
  providers: [
    ChatGateway,
    ChatService,
    GapFiller,
    MessageAccess,
    MessageChanger,
    MessageChangesGateway,
    MessageDeletionService,
    MessageEditsService,
    MessagePushes,
    PinsService,
    ReactionsService,
    TimelineFollower,
    TypingService,
  ],
})
export class ChatModule {}
