import { Body, Controller, Delete, HttpCode } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor';
import { ApiErrors } from '../common/api-errors';
import { CurrentActor } from '../common/decorators';
import { DeleteAccountDto } from './auth.dto';
import { AuthService } from './auth.service';

/** Beside users/ and not in it, because it is here that a password can be checked. */
@ApiTags('users')
@ApiBearerAuth()
@Controller('users/me')
export class AccountController {
  constructor(private readonly auth: AuthService) {}

  /** Deletes my account: names, sessions and contacts go, what I wrote stays. */
  @Delete()
  @HttpCode(204)
  @ApiErrors('credentials_invalid')
  deleteMe(@CurrentActor() actor: Actor, @Body() input: DeleteAccountDto): Promise<void> {
    return this.auth.deleteAccount(actor, input);
  }
}
