import type { User } from './users';
import type { Timestamp } from './values';

/** What an API key of the product may do; each route for products names one. */
export const API_SCOPES = [
  'users:read',
  'users:write',
  'conversations:read',
  'conversations:write',
  'messages:read',
  'messages:write',
  'sessions:revoke',
  'passwords:reset',
] as const;

export type ApiScope = (typeof API_SCOPES)[number];

/** Names whom a request with an API key is made for: a user's id, or `external:` and the product's own id. */
export const ACTING_USER_HEADER = 'Parley-Acting-User';

/** A user as the product makes them, by its own id. */
export interface ExternalUser {
  user: User;
  /** Whether this request made the account. */
  created: boolean;
}

/** Lets somebody choose a new password, once. */
export interface PasswordReset {
  resetToken: string;
  expiresAt: Timestamp;
}
