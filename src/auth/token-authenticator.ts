import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DomainError } from '../common/domain-error';
import { Together } from '../common/together';
import { Authenticator, type Identity } from '../connections/authenticator';
import { IssuerAuthenticator } from './issuer/issuer-authenticator';
import { Revocations } from './revocations';
import { TokenService } from './token.service';

/** Sessions that are looked for together, when many come with such tokens at once. */
const LOOKS_AT_ONCE = 200;

/**
 * Lets in who holds an access token of a session that has not ended; asks no database for the usual ones.
 * What does not look like one of ours is a matter for the outside issuer, where there is one.
 */
@Injectable()
export class TokenAuthenticator extends Authenticator {
  private readonly looks: Together<string, boolean>;

  constructor(
    @InjectDataSource() source: DataSource,
    private readonly tokens: TokenService,
    private readonly revocations: Revocations,
    private readonly issuer: IssuerAuthenticator,
  ) {
    super();
    this.looks = new Together({ most: LOOKS_AT_ONCE, weight: () => 1 }, (ids) => areOpen(source, ids));
  }

  async authenticate(accessToken: string): Promise<Identity> {
    if (this.issuer.isOn && !this.tokens.isOwn(accessToken)) return this.issuer.authenticate(accessToken);
    const identity = await this.tokens.verify(accessToken);
    if (this.revocations.has(identity.sessionId)) throw new DomainError('session_revoked');
    // It was made by a tool, or under another ACCESS_TOKEN_TTL: only the database knows of its session.
    if (!this.revocations.covers(identity.expiresAt) && !(await this.looks.ask(identity.sessionId))) {
      throw new DomainError('session_revoked');
    }
    return identity;
  }
}

async function areOpen(source: DataSource, sessionIds: readonly string[]): Promise<boolean[]> {
  const rows: { id: string }[] = await source.query(
    'SELECT id FROM session WHERE id = ANY($1::uuid[]) AND revoked_at IS NULL',
    [sessionIds],
  );
  const open = new Set(rows.map(({ id }) => id));
  return sessionIds.map((id) => open.has(id));
}
