import { MessageBody, SubscribeMessage } from '@nestjs/websockets';
import type { Message, MessageChanged } from '@parley/protocol';
import type { Connection } from '../connections/connection';
import { Gateway, Sender } from '../connections/gateway';
import { InOrder } from '../connections/in-order';
import type { Target } from './message-changer';
import { MessageDeleteDto, MessageEditDto, PinSetDto, ReactionSetDto } from './message-changes.dto';
import { MessageDeletionService } from './message-deletion.service';
import { MessageEditsService } from './message-edits.service';
import { positionOf } from './message-pushes';
import { PinsService } from './pins.service';
import { ReactionsService } from './reactions.service';

/** Changes of messages over the socket. */
@Gateway()
export class MessageChangesGateway {
  constructor(
    private readonly edits: MessageEditsService,
    private readonly deletion: MessageDeletionService,
    private readonly reactions: ReactionsService,
    private readonly pins: PinsService,
  ) {}

  @SubscribeMessage('message.edit')
  edit(
    @Sender() connection: Connection,
    @MessageBody() input: MessageEditDto,
  ): Promise<InOrder<MessageChanged>> {
    return inOrder(this.edits.edit(connection, target(connection, input), input));
  }

  @SubscribeMessage('message.delete')
  delete(
    @Sender() connection: Connection,
    @MessageBody() input: MessageDeleteDto,
  ): Promise<InOrder<MessageChanged>> {
    return inOrder(this.deletion.delete(connection, target(connection, input), input.forMe));
  }

  @SubscribeMessage('reaction.set')
  react(
    @Sender() connection: Connection,
    @MessageBody() input: ReactionSetDto,
  ): Promise<InOrder<MessageChanged>> {
    return inOrder(this.reactions.set(connection, target(connection, input), input.emoji, input.on));
  }

  @SubscribeMessage('pin.set')
  pin(@Sender() connection: Connection, @MessageBody() input: PinSetDto): Promise<InOrder<MessageChanged>> {
    return inOrder(this.pins.set(connection, target(connection, input), input.on));
  }
}

function target(connection: Connection, { conversationId, id }: Target): Target {
  return { conversationId, id, except: connection.id };
}

async function inOrder(changed: Promise<Message>): Promise<InOrder<MessageChanged>> {
  const message = await changed;
  return new InOrder(positionOf(message), { message });
}
