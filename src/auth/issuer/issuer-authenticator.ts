import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { Clock } from '../../common/clock';
import { DomainError } from '../../common/domain-error';
import { ENV } from '../../config/config.module';
import type { Env } from '../../config/env';
import type { IssuerSettings } from '../../config/issuer-settings';
import { Authenticator, type Identity } from '../../connections/authenticator';
import { Revocations } from '../revocations';
import { IssuerKeys } from './issuer-keys';
import { readClaims, type Sighting } from './issuer-token';
import { OutsideSessions } from './outside-sessions';

/** Tokens that are known to be good; some 500 bytes each. */
const KNOWN = 20_000;
/** More than tokens have that fit into a header. */
const MAX_TOKEN_LENGTH = 8_192;

interface Known {
  readonly identity: Identity;
  /** Of the keys that it was checked with. */
  readonly keysVersion: number;
  /** When its session was looked at; milliseconds since 1970. */
  readonly lookedAt: number;
}

/** Lets in who holds a token of the outside issuer. A token is checked once, and then known by its hash. */
@Injectable()
export class IssuerAuthenticator extends Authenticator {
  private readonly settings: IssuerSettings | null;
  private readonly keys: IssuerKeys | null;
  private readonly known = new LRUCache<string, Known>({ max: KNOWN });

  constructor(
    @Inject(ENV) env: Pick<Env, 'issuer'>,
    private readonly clock: Clock,
    private readonly revocations: Revocations,
    private readonly sessions: OutsideSessions,
  ) {
    super();
    this.settings = env.issuer;
    this.keys = env.issuer && new IssuerKeys(env.issuer, clock);
  }

  /** Whether there is an issuer at all. */
  get isOn(): boolean {
    return this.settings !== null;
  }

  async authenticate(accessToken: string): Promise<Identity> {
    if (accessToken.length > MAX_TOKEN_LENGTH) throw new DomainError('unauthenticated');
    const digest = hash('sha256', accessToken, 'base64url');
    return this.recall(digest) ?? (await this.look(accessToken, digest));
  }

  private recall(digest: string): Identity | null {
    const known = this.known.get(digest);
    if (!known || !this.keys?.areGood() || known.keysVersion !== this.keys.version) return null;
    const { identity, lookedAt } = known;
    if (this.revocations.has(identity.sessionId)) throw new DomainError('session_revoked');
    // Of what ended longer ago nothing is remembered: then the database has to be asked again.
    const isSettled = this.revocations.remembersSince(lookedAt) && identity.expiresAt > this.clock.now();
    return isSettled ? identity : null;
  }

  private async look(accessToken: string, digest: string): Promise<Identity> {
    const lookedAt = this.clock.now();
    const keysVersion = this.keys?.version;
    const sighting = await this.verify(accessToken, digest);
    const { sessionId, expiresAt } = sighting;
    const identity = { userId: await this.sessions.enter(sighting), sessionId, expiresAt };
    // It may have ended while it was looked at.
    if (this.revocations.has(sessionId)) throw new DomainError('session_revoked');
    // If the keys were read anew meanwhile it is checked once more, next time.
    if (keysVersion !== undefined) this.known.set(digest, { identity, keysVersion, lookedAt });
    return identity;
  }

  private async verify(accessToken: string, digest: string): Promise<Sighting> {
    const { settings, keys } = this;
    if (!settings || !keys) throw new DomainError('unauthenticated');
    try {
      const { payload } = await jwtVerify(accessToken, keys.find, {
        issuer: settings.issuer,
        audience: [...settings.audiences],
        algorithms: [...settings.algorithms],
        clockTolerance: settings.leewaySeconds,
        currentDate: new Date(this.clock.now()),
        requiredClaims: ['exp'],
      });
      return readClaims(payload, digest, settings);
    } catch (error) {
      if (error instanceof DomainError) throw error;
      throw new DomainError(error instanceof errors.JWTExpired ? 'token_expired' : 'unauthenticated');
    }
  }
}
