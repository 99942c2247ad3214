import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ENV } from '../config/config.module';
import { Authenticator } from '../connections/authenticator';
import { ConnectionsModule } from '../connections/connections.module';
import { UsersModule } from '../users/users.module';
import { AccountController } from './account.controller';
import { AuthController } from './auth.controller';
import { ApiKeyUses } from './api-keys/api-key-uses';
import { ApiKeysService } from './api-keys/api-keys.service';
import { AuthGateway } from './auth.gateway';
import { AuthGuard } from './auth.guard';
import { AuthService } from './auth.service';
import { IssuerAuthenticator } from './issuer/issuer-authenticator';
import { OutsideSessions } from './issuer/outside-sessions';
import { PasswordHasher } from './password-hasher';
import { PasswordResetsService } from './password-resets.service';
import { RefreshTokens } from './refresh-tokens';
import { Revocations } from './revocations';
import { SessionPurge } from './session-purge';
import { SessionsService } from './sessions.service';
import { loadSigningKey, SIGNING_KEY } from './signing-key';
import { TokenAuthenticator } from './token-authenticator';
import { TokenService } from './token.service';
import { UserAccessController } from './user-access.controller';

@Module({
  imports: [ConnectionsModule, UsersModule],
  controllers: [AuthController, AccountController, UserAccessController],
  providers: [
    ApiKeyUses,
    ApiKeysService,
    AuthGateway,
    AuthService,
    IssuerAuthenticator,
    OutsideSessions,
    PasswordHasher,
    PasswordResetsService,
    RefreshTokens,
    Revocations,
    SessionPurge,
    SessionsService,
    TokenAuthenticator,
    TokenService,
    { provide: Authenticator, useExisting: TokenAuthenticator },
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: SIGNING_KEY, useFactory: loadSigningKey, inject: [ENV] },
  ],
  exports: [Authenticator],
})
export class AuthModule {}
