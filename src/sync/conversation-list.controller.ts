import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { OnBehalf } from '../common/access';
import type { Actor } from '../common/actor';
import { ApiErrors } from '../common/api-errors';
import { CurrentActor } from '../common/decorators';
import { IdParam } from '../common/id-param';
import { PageQuery } from '../common/page-query.dto';
import { ConversationListDto, ConversationSummaryDto } from './conversation-list.dto';
import { ConversationListService } from './conversation-list.service';

@ApiTags('conversations')
@ApiBearerAuth()
@Controller('conversations')
export class ConversationListController {
  constructor(private readonly conversations: ConversationListService) {}

  /** My conversations, the latest written in first, with what is unread. */
  @Get()
  @OnBehalf('conversations:read')
  @ApiErrors('cursor_invalid')
  list(@CurrentActor() actor: Actor, @Query() page: PageQuery): Promise<ConversationListDto> {
    return this.conversations.list(actor, page);
  }

  /** One conversation of mine as the list shows it. */
  @Get(':conversationId')
  @OnBehalf('conversations:read')
  @ApiErrors('conversation_not_found')
  get(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
  ): Promise<ConversationSummaryDto> {
    return this.conversations.get(actor, conversationId);
  }
}
