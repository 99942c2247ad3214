import { Body, Controller, Param, Patch, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { OnBehalf } from '../common/access';
import type { Actor } from '../common/actor';
import { ApiErrors } from '../common/api-errors';
import { CurrentActor } from '../common/decorators';
import { DomainError } from '../common/domain-error';
import { IdParam } from '../common/id-param';
import {
  ConversationCreatedDto,
  ConversationDto,
  CreateConversationDto,
  UpdateConversationDto,
} from './conversations.dto';
import { DirectConversationsService } from './direct-conversations.service';
import { GroupsService } from './groups.service';

@ApiTags('conversations')
@ApiBearerAuth()
@Controller('conversations')
export class ConversationsController {
  constructor(
    private readonly directs: DirectConversationsService,
    private readonly groups: GroupsService,
  ) {}

  /** Makes a group, or finds or makes the direct conversation with somebody. */
  @Post()
  @OnBehalf('conversations:write')
  @ApiErrors('user_not_found', 'blocked', 'id_conflict', 'text_invalid')
  create(
    @CurrentActor() actor: Actor,
    @Body() input: CreateConversationDto,
  ): Promise<ConversationCreatedDto> {
    if (input.kind === 'group') return this.groups.create(actor, input);
    const [userId, ...rest] = input.memberIds;
    if (!userId || rest.length > 0) {
      throw new DomainError('payload_invalid', 'A direct conversation has exactly one other member.');
    }
    return this.directs.with(actor, userId);
  }

  /** Changes a group's title. */
  @Patch(':conversationId')
  @OnBehalf('conversations:write')
  @ApiErrors('conversation_not_found', 'forbidden', 'not_a_group', 'text_invalid')
  update(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Body() input: UpdateConversationDto,
  ): Promise<ConversationDto> {
    return this.groups.changeTitle(actor, conversationId, input.title);
  }
}
