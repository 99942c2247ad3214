import { createHash, randomBytes } from 'node:crypto';

/** How every key begins: people, and programs that look for leaked secrets, recognise it. */
const PREFIX = 'parley_';
const SECRET_BYTES = 32;
const SHAPE = /^parley_([0-9a-f]{32})_[A-Za-z0-9_-]{43}$/;

/** A key of an id, with a new secret. */
export function newApiKey(id: string): string {
  return `${visiblePart(id)}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/** What may be shown of a key. */
export function visiblePart(id: string): string {
  return PREFIX + id.replaceAll('-', '');
}

/** Whether a bearer token means to be a key. */
export function looksLikeApiKey(token: string): boolean {
  return token.startsWith(PREFIX);
}

/** The id of a key; null for what is none. */
export function idOfApiKey(key: string): string | null {
  const hex = SHAPE.exec(key)?.[1];
  return hex?.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') ?? null;
}

/**
 * What is stored of a key.
 *
 * A fast hash: of 256 random bits there is nothing to be guessed, as of a password, and it is computed for
 * every request.
 */
export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
