import { createHash } from 'node:crypto';

const LONGEST_USERNAME = 32;
const SHORTEST_USERNAME = 3;
const LONGEST_DISPLAY_NAME = 64;
/** Hex digits of the suffix, where the name is taken; the last leave no room for chance. */
const SUFFIXES = [4, 8, 16];

/**
 * User names that a claim may become, the best first: the claim itself as far as it can be one (of an
 * address what stands before the @), then with a suffix. It is made from the subject, so that every server
 * and every retry comes to the same.
 */
export function usernamesFor(claim: string | null, identity: { issuer: string; subject: string }): string[] {
  const digest = createHash('sha256')
    .update(JSON.stringify([identity.issuer, identity.subject]))
    .digest('hex');
  const base = toUsername(claim);
  const stem = base ?? 'user';
  const suffixed = SUFFIXES.map((digits) => {
    return `${stem.slice(0, LONGEST_USERNAME - 1 - digits)}-${digest.slice(0, digits)}`;
  });
  return base === null ? suffixed : [base, ...suffixed];
}

/** A display name of what a claim says; null where nothing visible is left. */
export function displayNameOf(claim: string | null): string | null {
  const visible = (claim ?? '')
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
  return [...visible].slice(0, LONGEST_DISPLAY_NAME).join('').trim() || null;
}

function toUsername(claim: string | null): string | null {
  const name = (claim?.split('@')[0] ?? '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
    .slice(0, LONGEST_USERNAME);
  return name.length < SHORTEST_USERNAME ? null : name;
}
