import { Module } from '@nestjs/common';
import { ConnectionsModule } from '../connections/connections.module';
import { ConversationsModule } from '../conversations/conversations.module';
import { TimelineModule } from '../timeline/timeline.module';
import { UsersModule } from '../users/users.module';
import { ChatController } from './chat.controller';
import { ChatGateway } from './chat.gateway';
import { ChatService } from './chat.service';
import { TypingService } from './typing.service';

@Module({
  imports: [ConnectionsModule, ConversationsModule, TimelineModule, UsersModule],
  controllers: [ChatController],
  providers: [ChatGateway, ChatService, TypingService],
})
export class ChatModule {}
