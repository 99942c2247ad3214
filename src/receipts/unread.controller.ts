import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor';
import { ApiErrors } from '../common/api-errors';
import { CurrentActor } from '../common/decorators';
import { IdParam } from '../common/id-param';
import { UnreadExplainer } from './unread-explainer';
import { UnreadDto, UnreadQuery } from './unread.dto';

@ApiTags('receipts')
@ApiBearerAuth()
@Controller('conversations/:conversationId/unread')
export class UnreadController {
  constructor(private readonly explainer: UnreadExplainer) {}

  /** What is unread to me; with `explain=1`, how the number comes about. */
  @Get()
  @ApiErrors('conversation_not_found')
  get(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Query() { explain }: UnreadQuery,
  ): Promise<UnreadDto> {
    return explain === '1'
      ? this.explainer.explain(actor, conversationId)
      : this.explainer.count(actor, conversationId);
  }
}
