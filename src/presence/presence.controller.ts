import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor';
import { CurrentActor } from '../common/decorators';
import { PresenceListDto, PresenceQuery } from './presence.dto';
import { PresenceService } from './presence.service';

@ApiTags('presence')
@ApiBearerAuth()
@Controller('presence')
export class PresenceController {
  constructor(private readonly presence: PresenceService) {}

  /** How users are now: oneself, friends and co-members; all others are `unknown`. */
  @Get()
  async get(@CurrentActor() actor: Actor, @Query() { userIds }: PresenceQuery): Promise<PresenceListDto> {
    return { presence: await this.presence.get(actor, userIds) };
  }
}
