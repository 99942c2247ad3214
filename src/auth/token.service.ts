import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
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
/** Of every token that is made here. */
const HEADER = Buffer.from(JSON.stringify({ alg: ALGORITHM, typ: TYPE })).toString('base64url');

type Claims = Partial<Record<'sub' | 'sid' | 'iss' | 'aud' | 'exp' | 'nbf', unknown>>;

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

  /** Whether it claims to be one of ours; others are none of our business here. */
  isOwn(accessToken: string): boolean {
    return accessToken.startsWith(HEADER) && accessToken[HEADER.length] === '.';
  }

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

  /**
   * Rejects with `token_expired` what was good once, and with `unauthenticated` all else.
   *
   * Without jose, whose way by WebCrypto costs many times as much: when a server dies, thousands of tokens
   * are looked at in a second. Only what `mint` makes is taken, so nothing is left to be chosen by a token.
   */

  async verify(accessToken: string): Promise<Identity> {
    const [header, payload, signature, ...rest] = accessToken.split('.');
    if (header !== HEADER || !payload || !signature || rest.length > 0)
      throw new DomainError('unauthenticated');
    const expected = createHmac('sha256', this.key).update(`${header}.${payload}`).digest('base64url');
    if (!isSame(expected, signature)) throw new DomainError('unauthenticated');
    const { sub, sid, iss, aud, exp, nbf } = JSON.parse(
      Buffer.from(payload, 'base64url').toString(),
    ) as Claims;
    if (typeof sub !== 'string' || typeof sid !== 'string' || typeof exp !== 'number')
      throw new DomainError('unauthenticated');
    if (iss !== ISSUER || aud !== AUDIENCE) throw new DomainError('unauthenticated');
    const now = Math.floor(this.clock.now() / 1_000);
    if (exp <= now) throw new DomainError('token_expired');
    if (nbf !== undefined && !(Number(nbf) <= now)) throw new DomainError('unauthenticated');
    return { userId: sub, sessionId: sid, expiresAt: exp * 1_000 };
  }
}

/** In a time that tells nothing of where they differ. */
function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}
