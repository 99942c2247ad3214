import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { OnBehalf } from '../common/access';
import type { Actor } from '../common/actor';
import { ApiErrors } from '../common/api-errors';
import { CurrentActor } from '../common/decorators';
import { IdParam } from '../common/id-param';
import { ChatGateway } from './chat.gateway';
import { ChatService, type Sent } from './chat.service';
import { HistoryDto, HistoryQuery, MessageInputDto, MessageSentDto, MessageToUserDto } from './messages.dto';

/** Messages over REST: stored by the service, then handed straight to the gateway. */
@ApiTags('messages')
@ApiBearerAuth()
@Controller()
export class ChatController {
  constructor(
    private readonly chat: ChatService,
    private readonly gateway: ChatGateway,
  ) {}

  /** Sends a message to a conversation. */
  @Post('conversations/:conversationId/messages')
  @OnBehalf('messages:write')
  @ApiErrors(
    'conversation_not_found',
    'member_not_found',
    'message_not_found',
    'blocked',
    'id_conflict',
    'text_invalid',
    'text_too_long',
  )
  async send(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Body() input: MessageInputDto,
  ): Promise<MessageSentDto> {
    return this.publish(await this.chat.sendTo(actor, conversationId, input));
  }

  /** Sends a message to a user; the direct conversation is made when missing. */
  @Post('messages')
  @OnBehalf('messages:write')
  @ApiErrors(
    'user_not_found',
    'member_not_found',
    'message_not_found',
    'blocked',
    'id_conflict',
    'text_invalid',
    'text_too_long',
  )
  async sendToUser(@CurrentActor() actor: Actor, @Body() input: MessageToUserDto): Promise<MessageSentDto> {
    return this.publish(await this.chat.send(actor, input));
  }

  /** Reads a part of the timeline: the newest messages, or those before or after a seq. */
  @Get('conversations/:conversationId/messages')
  @OnBehalf('messages:read')
  @ApiErrors('conversation_not_found')
  history(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Query() range: HistoryQuery,
  ): Promise<HistoryDto> {
    return this.chat.history(actor, conversationId, range);
  }

  private publish(sent: Sent): MessageSentDto {
    this.gateway.publish(sent);
    return { message: sent.message, duplicate: sent.duplicate };
  }
}
