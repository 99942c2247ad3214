import { Body, Controller, Delete, HttpCode, UseInterceptors } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor';
import { ApiErrors } from '../common/api-errors';
import { CurrentActor } from '../common/decorators';
import { DeleteAccountDto } from './auth.dto';
import { AuthService } from './auth.service';
import { SessionCookieEnd } from './session-cookie';

/** Beside users/ and not in it, because it is here that a password can be checked. */
@ApiTags('users')
@ApiBearerAuth()
@Controller('users/me')
export class AccountController {
  constructor(private readonly auth: AuthService) {}

  /** Deletes my account: names, sessions and contacts go, what I wrote stays. */
  @Delete()
  @UseInterceptors(SessionCookieEnd)
  @HttpCode(204)
  @ApiErrors('credentials_invalid')
  deleteMe(@CurrentActor() actor: Actor, @Body() input: DeleteAccountDto): Promise<void> {
    return this.auth.deleteAccount(actor, input);
  }
}
