import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor';
import { ApiErrors } from '../common/api-errors';
import { CurrentActor } from '../common/decorators';
import { InviteAcceptedDto, InvitePreviewDto, InviteTokenDto } from './invites.dto';
import { JoiningService } from './joining.service';

@ApiTags('invites')
@ApiBearerAuth()
@Controller('invites')
export class JoiningController {
  constructor(private readonly joining: JoiningService) {}

  /** Shows the group of an invite to who has its token. */
  @Post('preview')
  @HttpCode(200)
  @ApiErrors('invite_invalid', 'forbidden', 'blocked')
  preview(@CurrentActor() actor: Actor, @Body() { token }: InviteTokenDto): Promise<InvitePreviewDto> {
    return this.joining.preview(actor, token);
  }

  /** Joins the group of an invite; who is in it already gets it too. */
  @Post('accept')
  @ApiErrors('invite_invalid', 'forbidden', 'blocked', 'user_not_found', 'conversation_full')
  accept(@CurrentActor() actor: Actor, @Body() { token }: InviteTokenDto): Promise<InviteAcceptedDto> {
    return this.joining.accept(actor, token);
  }
}
