import { Body, Controller, Delete, Get, HttpCode, Param, Post, UseInterceptors } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { Actor } from '../common/actor';
import { ApiErrors } from '../common/api-errors';
import { CurrentActor } from '../common/decorators';
import { IdParam } from '../common/id-param';
import {
  ChangePasswordDto,
  LoginDto,
  NewPasswordDto,
  RefreshDto,
  RegisterDto,
  SessionListDto,
  TokensDto,
} from './auth.dto';
import { AuthService } from './auth.service';
import { PasswordResetsService } from './password-resets.service';
import { SessionCookie, SessionCookieEnd } from './session-cookie';
import { SessionsService } from './sessions.service';

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly sessions: SessionsService,
    private readonly resets: PasswordResetsService,
  ) {}

  /** Makes an account and logs in. */
  @Post('register')
  @UseInterceptors(SessionCookie)
  @ApiErrors('username_taken', 'text_invalid', 'forbidden')
  register(@Body() input: RegisterDto): Promise<TokensDto> {
    return this.auth.register(input);
  }

  /** Logs in; an earlier session with the same deviceId ends. */
  @Post('login')
  @UseInterceptors(SessionCookie)
  @HttpCode(200)
  @ApiErrors('credentials_invalid', 'text_invalid', 'forbidden')
  login(@Body() input: LoginDto): Promise<TokensDto> {
    return this.auth.login(input);
  }

  /** New tokens for a refresh token; the one before the current is good for 30 s more. */
  @Post('refresh')
  @UseInterceptors(SessionCookie)
  @HttpCode(200)
  @ApiErrors('unauthenticated', 'session_revoked', 'forbidden')
  refresh(@Body() input: RefreshDto): Promise<TokensDto> {
    return this.auth.refresh(input);
  }

  /** Ends this session. */
  @ApiBearerAuth()
  @Post('logout')
  @UseInterceptors(SessionCookieEnd)
  @HttpCode(204)
  logout(@CurrentActor() actor: Actor): Promise<void> {
    return this.sessions.endCurrent(actor);
  }

  /** Changes the password and ends the other sessions. */
  @ApiBearerAuth()
  @Post('password')
  @HttpCode(204)
  @ApiErrors('credentials_invalid', 'text_invalid', 'forbidden')
  changePassword(@CurrentActor() actor: Actor, @Body() input: ChangePasswordDto): Promise<void> {
    return this.auth.changePassword(actor, input);
  }

  /** Sets a new password by a token that was handed out for it, and ends all sessions. */
  @Post('password-reset')
  @HttpCode(204)
  @ApiErrors('credentials_invalid', 'text_invalid', 'forbidden')
  resetPassword(@Body() input: NewPasswordDto): Promise<void> {
    return this.resets.finish(input);
  }

  /** Where I am logged in. */
  @ApiBearerAuth()
  @Get('sessions')
  async listSessions(@CurrentActor() actor: Actor): Promise<SessionListDto> {
    return { items: await this.sessions.list(actor) };
  }

  /** Ends one of my sessions, also this one. */
  @ApiBearerAuth()
  @Delete('sessions/:sessionId')
  @HttpCode(204)
  @ApiErrors('session_not_found')
  endSession(@CurrentActor() actor: Actor, @Param('sessionId', IdParam) sessionId: string): Promise<void> {
    return this.sessions.end(actor, sessionId);
  }
}
