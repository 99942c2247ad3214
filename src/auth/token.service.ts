import type { KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Actor } from '../common/actor';
import { Clock } from '../common/clock';
import { DomainError } from '../common/domain-error';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import type { Identity } from '../connections/authenticator';
import { SIGNING_KEY } from './signing-key';

const ISSUER = 'parley';
const AUDIENCE = 'parley';
const ALGORITHM = 'HS256';
const TYPE = 'at+jwt';

export interface AccessToken {
  accessToken: string;
  /** Seconds. */
  expiresIn: number;
}

/** Makes and reads access tokens: JWTs that say who, in which session, and until when. */
@Injectable()
export class TokenService {
  constructor(
    @Inject(SIGNING_KEY) private readonly key: KeyObject,
    @Inject(ENV) private readonly env: Pick<Env, 'accessTokenSeconds'>,
    private readonly clock: Clock,
  ) {}

  async mint({ userId, sessionId }: Actor): Promise<AccessToken> {
    const issuedAt = Math.floor(this.clock.now() / 1_000);
    const expiresIn = this.env.accessTokenSeconds;
    const accessToken = await new SignJWT({ sid: sessionId })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
      .setSubject(userId)
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + expiresIn)
      .sign(this.key);
    return { accessToken, expiresIn };
  }

  /** Rejects with `token_expired` what was good once, and with `unauthenticated` all else. */
  async verify(accessToken: string): Promise<Identity> {
    try {
      const { payload } = await jwtVerify<{ sid: string }>(accessToken, this.key, {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['sub', 'sid', 'exp'],
        currentDate: new Date(this.clock.now()),
      });
      return { userId: payload.sub ?? '', sessionId: payload.sid, expiresAt: (payload.exp ?? 0) * 1_000 };
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new DomainError('token_expired');
      if (error instanceof errors.JOSEError) throw new DomainError('unauthenticated');
      throw error;
    }
  }
}
