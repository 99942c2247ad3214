import { Body, Controller, Get, Param, Patch, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { OnBehalf } from '../common/access';
import type { Actor } from '../common/actor';
import { ApiErrors } from '../common/api-errors';
import { CurrentActor } from '../common/decorators';
import { IdParam } from '../common/id-param';
import { UserSearchService } from './user-search.service';
import { MeDto, UpdateMeDto, UserDto, UserPageDto, UserSearchQuery } from './users.dto';
import { UsersService } from './users.service';

@ApiTags('users')
@ApiBearerAuth()
@Controller('users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly directory: UserSearchService,
  ) {}

  /** My own account. */
  @Get('me')
  me(@CurrentActor() actor: Actor): Promise<MeDto> {
    return this.users.me(actor);
  }

  /** Changes my display name. */
  @Patch('me')
  @ApiErrors('text_invalid')
  updateMe(@CurrentActor() actor: Actor, @Body() { displayName }: UpdateMeDto): Promise<MeDto> {
    return this.users.rename(actor, displayName);
  }

  /** Finds people by how their user name or display name begins. */
  @Get()
  @OnBehalf('users:read')
  @ApiErrors('cursor_invalid', 'text_invalid')
  search(@CurrentActor() actor: Actor, @Query() query: UserSearchQuery): Promise<UserPageDto> {
    return this.directory.search(actor, query);
  }

  /** One person; a deleted one has no names any more. */
  @Get(':userId')
  @OnBehalf('users:read')
  @ApiErrors('user_not_found')
  get(@Param('userId', IdParam) userId: string): Promise<UserDto> {
    return this.users.require(userId);
  }
}
