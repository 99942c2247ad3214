import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { OnBehalf } from '../common/access';
import type { Actor } from '../common/actor';
import { ApiErrors } from '../common/api-errors';
import { CurrentActor } from '../common/decorators';
import { IdParam } from '../common/id-param';
import {
  AddMembersDto,
  ChangeRoleDto,
  HandOverDto,
  MemberDto,
  MemberPageDto,
  MembersAddedDto,
  MembersQuery,
} from './conversations.dto';
import { MemberDirectoryService } from './member-directory.service';
import { MembersService } from './members.service';

@ApiTags('members')
@ApiBearerAuth()
@Controller('conversations/:conversationId')
export class MembersController {
  constructor(
    private readonly directory: MemberDirectoryService,
    private readonly members: MembersService,
  ) {}

  /** Who is in a conversation, or those whose names begin so. */
  @Get('members')
  @OnBehalf('conversations:read')
  @ApiErrors('conversation_not_found', 'cursor_invalid')
  list(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Query() page: MembersQuery,
  ): Promise<MemberPageDto> {
    return this.directory.list(actor, conversationId, page);
  }

  /** Adds people to a group; who is a member already stays as they are. */
  @Post('members')
  @OnBehalf('conversations:write')
  @ApiErrors(
    'conversation_not_found',
    'user_not_found',
    'forbidden',
    'blocked',
    'not_a_group',
    'conversation_full',
  )
  async add(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Body() { userIds }: AddMembersDto,
  ): Promise<MembersAddedDto> {
    return { members: await this.members.add(actor, conversationId, userIds) };
  }

  /** Gives a member another role. */
  @Patch('members/:userId')
  @OnBehalf('conversations:write')
  @ApiErrors('conversation_not_found', 'member_not_found', 'forbidden', 'last_owner', 'not_a_group')
  changeRole(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Param('userId', IdParam) userId: string,
    @Body() { role }: ChangeRoleDto,
  ): Promise<MemberDto> {
    return this.members.setRole(actor, conversationId, userId, role);
  }

  /** Removes somebody; oneself: leaves. */
  @Delete('members/:userId')
  @OnBehalf('conversations:write')
  @HttpCode(204)
  @ApiErrors('conversation_not_found', 'member_not_found', 'forbidden', 'last_owner', 'not_a_group')
  remove(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Param('userId', IdParam) userId: string,
  ): Promise<void> {
    return this.members.remove(actor, conversationId, userId);
  }

  /** Makes somebody else the owner; the owner who asks becomes an admin. */
  @Post('handover')
  @OnBehalf('conversations:write')
  @HttpCode(204)
  @ApiErrors('conversation_not_found', 'member_not_found', 'forbidden', 'not_a_group')
  handOver(
    @CurrentActor() actor: Actor,
    @Param('conversationId', IdParam) conversationId: string,
    @Body() { userId }: HandOverDto,
  ): Promise<void> {
    return this.members.handOver(actor, conversationId, userId);
  }
}
