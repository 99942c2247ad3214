import { createHash, createHmac, hkdfSync, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { UUID_PATTERN } from '../common/pagination';
import { SIGNING_KEY } from './signing-key';

const KEY_BYTES = 32;

/**
 * Makes and checks refresh tokens: `<session id>.<secret>.<tag>`.
 *
 * The tag is made with a key, so that what is no token of ours is refused without a look at any session.
 * Each token decides its successor, so that the one before the current yields the same again.
 */
@Injectable()
export class RefreshTokens {
  private readonly tagKey: Buffer;
  private readonly successorKey: Buffer;

  constructor(@Inject(SIGNING_KEY) key: KeyObject) {
    this.tagKey = derive(key, 'parley refresh token: tag');
    this.successorKey = derive(key, 'parley refresh token: successor');
  }

  /** The first token of a session. */
  first(sessionId: string): string {
    return this.sign(sessionId, randomBytes(KEY_BYTES));
  }

  /** The session of a token that was made here; null for any other text. */
  sessionOf(token: string): string | null {
    const [sessionId = '', secret = '', tag = '', ...rest] = token.split('.');
    if (rest.length > 0 || !UUID_PATTERN.test(sessionId)) return null;
    const given = Buffer.from(tag);
    const expected = Buffer.from(this.tag(sessionId, secret));
    return given.length === expected.length && timingSafeEqual(given, expected) ? sessionId : null;
  }

  /** The token that follows one whose session is known. */
  successor(sessionId: string, token: string): string {
    return this.sign(sessionId, createHmac('sha256', this.successorKey).update(token).digest());
  }

  /** What is stored of a token: of no use to who reads the database. */
  hash(token: string): Buffer {
    return createHash('sha256').update(token).digest();
  }

  private sign(sessionId: string, secret: Buffer): string {
    const text = secret.toString('base64url');
    return `${sessionId}.${text}.${this.tag(sessionId, text)}`;
  }

  private tag(sessionId: string, secret: string): string {
    return createHmac('sha256', this.tagKey).update(`${sessionId}|${secret}`).digest('base64url');
  }
}

function derive(key: KeyObject, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', purpose, KEY_BYTES));
}
