/** Who a valid access token stands for. */
export interface Identity {
  readonly userId: string;
  readonly sessionId: string;
  /** Milliseconds since 1970 at which the token ends. */
  readonly expiresAt: number;
}

/** Tells whom a token stands for; accounts here, or a product's own issuer. */
export abstract class Authenticator {
  /** Rejects with `unauthenticated`, `token_expired`, `session_revoked` or `account_closed`. */
  abstract authenticate(accessToken: string): Promise<Identity>;
}
