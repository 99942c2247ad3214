import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor';
import { ApiErrors } from '../common/api-errors';
import { CurrentActor } from '../common/decorators';
import { IdParam } from '../common/id-param';
import { CreateInviteDto, InviteListDto, InviteMadeDto } from './invites.dto';
import { InvitesService } from './invites.service';

@ApiTags('invites')
@ApiBearerAuth()
@Controller('conversations/:conversationId/invites')
export class InvitesController {
  constructor(private readonly invites: InvitesService) {}

  /** Makes an invite of a group; its token is told here only. */
  @Post()
  @ApiErrors('conversation_not_found', 'forbidden', 'not_a_group', 'invite_limit')
  create(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Body() input: CreateInviteDto,
  ): Promise<InviteMadeDto> {
    return this.invites.create(actor, conversationId, input);
  }

  /** Invites of a group that can be used, the latest first. */
  @Get()
  @ApiErrors('conversation_not_found', 'forbidden', 'not_a_group')
  async list(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
  ): Promise<InviteListDto> {
    return { items: await this.invites.list(actor, conversationId) };
  }

  /** Ends an invite, also one that somebody else has made. */
  @Delete(':inviteId')
  @HttpCode(204)
  @ApiErrors('conversation_not_found', 'forbidden', 'not_a_group', 'invite_invalid')
  revoke(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Param('inviteId', IdParam) inviteId: string,
  ): Promise<void> {
    return this.invites.revoke(actor, conversationId, inviteId);
  }
}
