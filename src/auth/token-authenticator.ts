import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error';
import { Authenticator, type Identity } from '../connections/authenticator';
import { Revocations } from './revocations';
import { TokenService } from './token.service';

/** Lets in who holds an access token of a session that has not ended; asks no database for the usual ones. */
@Injectable()
export class TokenAuthenticator extends Authenticator {
  constructor(
    private readonly tokens: TokenService,
    private readonly revocations: Revocations,
  ) {
    super();
  }

  async authenticate(accessToken: string): Promise<Identity> {
    const identity = await this.tokens.verify(accessToken);
    if (await this.revocations.hasEnded(identity.sessionId, identity.expiresAt)) {
      throw new DomainError('session_revoked');
    }
    return identity;
  }
}
