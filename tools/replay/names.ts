import { createHash } from 'node:crypto';

const SLUG_LENGTH = 14;
const HASH_LENGTH = 6;

/** A user name that the server takes, for any nick: of this run, readable, and unlike any other. */
export function usernameOf(nick: string, run: string): string {
  const slug = nick
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_LENGTH);
  const hash = createHash('sha256').update(nick).digest('hex').slice(0, HASH_LENGTH);
  return `${run}.${slug}.${hash}`;
}

/** The start of this run's user names. */
export function newRun(now = Date.now()): string {
  return `r${Math.floor(now / 100).toString(36)}`;
}
