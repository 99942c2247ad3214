import { createHash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 18;

/** A new token: 144 random bits in 24 characters that a link can hold. */
export function newInviteToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** What is stored of a token, and found by. */
export function hashOfInvite(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
