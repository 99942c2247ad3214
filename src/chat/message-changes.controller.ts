import { Body, Controller, Delete, Get, Param, Patch, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { OnBehalf } from '../common/access';
import type { Actor } from '../common/actor';
import { ApiErrors } from '../common/api-errors';
import { CurrentActor } from '../common/decorators';
import { IdParam } from '../common/id-param';
import { PageQuery } from '../common/page-query.dto';
import {
  DeletionQuery,
  MessageChangedDto,
  MessageEditPageDto,
  MessageRevisionDto,
  PinsDto,
  ReactionPageDto,
  ReactionsQuery,
} from './message-changes.dto';
import { MessageDeletionService } from './message-deletion.service';
import { MessageEditsService } from './message-edits.service';
import { PinsService } from './pins.service';
import { ReactionKindParam } from './reaction-kind-param';
import { ReactionsService } from './reactions.service';

/** Changes of messages over REST. */
@ApiTags('messages')
@ApiBearerAuth()
@Controller('conversations/:conversationId')
export class MessageChangesController {
  constructor(
    private readonly edits: MessageEditsService,
    private readonly deletion: MessageDeletionService,
    private readonly reactions: ReactionsService,
    private readonly pins: PinsService,
  ) {}

  /** Edits a message of mine; the same once more changes nothing. */
  @Patch('messages/:messageId')
  @OnBehalf('messages:write')
  @ApiErrors(
    'conversation_not_found',
    'message_not_found',
    'member_not_found',
    'forbidden',
    'blocked',
    'message_deleted',
    'version_conflict',
    'text_invalid',
    'text_too_long',
  )
  async edit(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Param('messageId', IdParam) id: string,
    @Body() input: MessageRevisionDto,
  ): Promise<MessageChangedDto> {
    return { message: await this.edits.edit(actor, { conversationId, id }, input) };
  }

  /** Deletes a message, for everyone or for me; once more changes nothing. */
  @Delete('messages/:messageId')
  @OnBehalf('messages:write')
  @ApiErrors('conversation_not_found', 'message_not_found', 'forbidden')
  async delete(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Param('messageId', IdParam) id: string,
    @Query() { forMe }: DeletionQuery,
  ): Promise<MessageChangedDto> {
    return { message: await this.deletion.delete(actor, { conversationId, id }, forMe) };
  }

  /** What a message was before each edit, the latest first; empty unless the server keeps it. */
  @Get('messages/:messageId/edits')
  @ApiErrors('conversation_not_found', 'message_not_found', 'cursor_invalid')
  listEdits(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Param('messageId', IdParam) id: string,
    @Query() page: PageQuery,
  ): Promise<MessageEditPageDto> {
    return this.edits.list(actor, { conversationId, id }, page);
  }

  /** Who has reacted to a message, by emoji and then the earliest first. */
  @Get('messages/:messageId/reactions')
  @ApiErrors('conversation_not_found', 'message_not_found', 'cursor_invalid')
  listReactions(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Param('messageId', IdParam) id: string,
    @Query() query: ReactionsQuery,
  ): Promise<ReactionPageDto> {
    return this.reactions.list(actor, { conversationId, id }, query);
  }

  /** Puts an emoji of mine on a message. */
  @Put('messages/:messageId/reactions/:emoji')
  @ApiErrors('conversation_not_found', 'message_not_found', 'blocked', 'message_deleted', 'reaction_limit')
  async react(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Param('messageId', IdParam) id: string,
    @Param('emoji', ReactionKindParam) emoji: string,
  ): Promise<MessageChangedDto> {
    return { message: await this.reactions.set(actor, { conversationId, id }, emoji, true) };
  }

  /** Takes an emoji of mine off a message. */
  @Delete('messages/:messageId/reactions/:emoji')
  @ApiErrors('conversation_not_found', 'message_not_found', 'blocked', 'message_deleted')
  async unreact(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Param('messageId', IdParam) id: string,
    @Param('emoji', ReactionKindParam) emoji: string,
  ): Promise<MessageChangedDto> {
    return { message: await this.reactions.set(actor, { conversationId, id }, emoji, false) };
  }

  /** What is pinned in a conversation, the latest first. */
  @Get('pins')
  @ApiErrors('conversation_not_found')
  async listPins(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
  ): Promise<PinsDto> {
    return { messages: await this.pins.list(actor, conversationId) };
  }

  /** Pins a message. */
  @Put('messages/:messageId/pin')
  @ApiErrors(
    'conversation_not_found',
    'message_not_found',
    'forbidden',
    'blocked',
    'message_deleted',
    'pin_limit',
  )
  async pin(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Param('messageId', IdParam) id: string,
  ): Promise<MessageChangedDto> {
    return { message: await this.pins.set(actor, { conversationId, id }, true) };
  }

  /** Unpins a message. */
  @Delete('messages/:messageId/pin')
  @ApiErrors('conversation_not_found', 'message_not_found', 'forbidden', 'blocked', 'message_deleted')
  async unpin(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Param('messageId', IdParam) id: string,
  ): Promise<MessageChangedDto> {
    return { message: await this.pins.set(actor, { conversationId, id }, false) };
  }
}
