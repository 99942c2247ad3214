import { MessageBody, SubscribeMessage } from '@nestjs/websockets';
import type { MessageSent } from '@parley/protocol';
import type { Connection } from '../connections/connection';
import { Gateway, Sender } from '../connections/gateway';
import { InOrder } from '../connections/in-order';
import { ChatService, type Sent } from './chat.service';
import { MessagePushes, positionOf } from './message-pushes';
import { MessageSendDto, TypingDto } from './messages.dto';
import { TypingService } from './typing.service';

/** Messages and typing over the socket. */
@Gateway()
export class ChatGateway {
  constructor(
    private readonly chat: ChatService,
    private readonly typing: TypingService,
    private readonly pushes: MessagePushes,
  ) {}

  @SubscribeMessage('message.send')
  async send(
    @Sender() connection: Connection,
    @MessageBody() input: MessageSendDto,
  ): Promise<InOrder<MessageSent>> {
    const sent = await this.chat.send(connection, input);
    const { message, duplicate } = sent;
    this.publish(sent, connection.id);
    return new InOrder(positionOf(message), { message, duplicate });
  }

  @SubscribeMessage('typing.set')
  setTyping(@Sender() connection: Connection, @MessageBody() input: TypingDto): Promise<void> {
    return this.typing.set(connection, input);
  }

  /** Pushes a new message to every connection of every member, but for the one that is answered. */
  publish(sent: Sent, except?: string): void {
    if (sent.duplicate) return;
    const { message, membership } = sent;
    this.pushes.created(message, { membership, except });
  }
}
