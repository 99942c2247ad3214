import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { DomainError } from '../../common/domain-error';
import { isStorableText } from '../../common/text';
import type { IssuerSettings } from '../../config/issuer-settings';
import type { Claims } from '../../users/identities.service';

const LONGEST_CLAIM = 255;
/** Late in the year 9998. */
const LAST_SECOND = 253_370_000_000;

/** What a token of the issuer says, once its signature was found good. */
export interface Sighting {
  readonly claims: Claims;
  readonly sessionId: string;
  /** Milliseconds since 1970, the leeway included. */
  readonly expiresAt: number;
}

/** Reads the claims; rejects with `unauthenticated` a token that does not say who. */
export function readClaims(
  payload: JWTPayload,
  digest: string,
  { issuer, claims: names, leewaySeconds }: IssuerSettings,
): Sighting {
  const subject = subjectOf(payload[names.subject]);
  const claims = {
    issuer,
    subject,
    username: textOf(payload[names.username]),
    displayName: textOf(payload[names.displayName]),
    at: new Date(toTime(payload.iat)),
  };
  const sessionId = sessionOf([issuer, subject, ...keyOf(payload, digest)]);
  return { claims, sessionId, expiresAt: toTime(payload.exp) + leewaySeconds * 1_000 };
}

/** Whether a session is one of an outside issuer: its id is made of what the token says. */
export function isOutsideSession(sessionId: string): boolean {
  return sessionId[14] === '8';
}

/** The issuer's own session where it tells of one, else each token is one. */
function keyOf({ sid, jti }: JWTPayload, digest: string): string[] {
  if (typeof sid === 'string' && sid !== '') return ['sid', sid];
  if (typeof jti === 'string' && jti !== '') return ['jti', jti];
  return ['token', digest];
}

/** A UUID of version 8: the same on every server, without asking one another. */
function sessionOf(parts: readonly string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Milliseconds of what a claim says in seconds; none of them beyond what is a date everywhere. */
function toTime(seconds = 0): number {
  return Math.min(Math.max(0, seconds), LAST_SECOND) * 1_000;
}

function subjectOf(value: unknown): string {
  const subject = typeof value === 'number' ? String(value) : value;
  if (typeof subject !== 'string' || subject === '' || subject.length > LONGEST_CLAIM) {
    throw new DomainError('unauthenticated');
  }
  if (!isStorableText(subject)) throw new DomainError('unauthenticated');
  return subject;
}

function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  return value.replaceAll('\u0000', '').slice(0, LONGEST_CLAIM).toWellFormed() || null;
}
