import { Body, Controller, Delete, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentOperator, type Operator, Operators } from '../common/access';
import { ApiErrors } from '../common/api-errors';
import { IdParam } from '../common/id-param';
import { PasswordResetDto, ResetPasswordDto } from './auth.dto';
import { PasswordResetsService } from './password-resets.service';
import { SessionsService } from './sessions.service';

/** Whether and how somebody else gets in. */
@ApiTags('operators')
@ApiBearerAuth()
@Controller('users/:userId')
export class UserAccessController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly resets: PasswordResetsService,
  ) {}

  /** Ends all sessions of somebody. */
  @Delete('sessions')
  @HttpCode(204)
  @Operators('sessions:revoke')
  @ApiErrors('user_not_found')
  endSessions(
    @CurrentOperator() operator: Operator,
    @Param('userId', IdParam) userId: string,
  ): Promise<void> {
    return this.sessions.endAllOf(operator, userId);
  }

  /** Makes a token by which somebody chooses a new password, once, within a day. */
  @Post('password-reset')
  @Operators('passwords:reset')
  @ApiErrors('user_not_found')
  resetPassword(
    @CurrentOperator() operator: Operator,
    @Param('userId', IdParam) userId: string,
    @Body() input: ResetPasswordDto,
  ): Promise<PasswordResetDto> {
    return this.resets.begin(operator, userId, input);
  }
}
