import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DomainError } from '../common/domain-error';
import { Authenticator, type Identity } from '../connections/authenticator';
import { Revocations } from './revocations';
import { TokenService } from './token.service';

/** Lets in who holds an access token of a session that has not ended; asks no database for the usual ones. */
@Injectable()
export class TokenAuthenticator extends Authenticator {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly tokens: TokenService,
    private readonly revocations: Revocations,
  ) {
    super();
  }

  async authenticate(accessToken: string): Promise<Identity> {
    const identity = await this.tokens.verify(accessToken);
    if (this.revocations.has(identity.sessionId)) throw new DomainError('session_revoked');
    // It was made by a tool, or under another ACCESS_TOKEN_TTL: only the database knows of its session.
    if (!this.revocations.covers(identity.expiresAt)) await this.requireOpen(identity.sessionId);
    return identity;
  }

  private async requireOpen(sessionId: string): Promise<void> {
    const rows: unknown[] = await this.source.query(
      'SELECT 1 FROM session WHERE id = $1 AND revoked_at IS NULL',
      [sessionId],
    );
    if (rows.length === 0) throw new DomainError('session_revoked');
  }
}
