import { failure, ParleyError, reasonOf } from '../core/error';

/**
 * Gives an access token; null when nobody is logged in any more.
 *
 * `renew` says that the last one was refused or is about to end: refresh it. What is thrown is tried again
 * later, but for a ParleyError that no retry mends: that ends the client.
 */
export type GetToken = (ask: { renew: boolean }) => Promise<string | null> | string | null;

/** Codes that a new token mends. */
const STALE: readonly string[] = ['unauthenticated', 'token_expired'];

export function isStaleToken(error: unknown): boolean {
  return error instanceof ParleyError && STALE.includes(error.code);
}

/** The access token that is good now, asked for once however many want it. */
export class Tokens {
  #held: string | null = null;
  #asking: Promise<string> | null = null;

  constructor(private readonly getToken: GetToken) {}

  get(): Promise<string> {
    return this.#held === null ? this.#ask(false) : Promise.resolve(this.#held);
  }

  /** Another than the one that was refused, which somebody else may have got meanwhile. */
  renew(refused: string | null = this.#held): Promise<string> {
    return refused !== this.#held && this.#held !== null ? Promise.resolve(this.#held) : this.#ask(true);
  }

  #ask(renew: boolean): Promise<string> {
    this.#asking ??= (async () => this.getToken({ renew }))()
      .then((token) => {
        if (token === null) throw failure('logged_out', 'get an access token', 'nobody is logged in');
        return (this.#held = token);
      })
      .catch((error: unknown) => {
        // The server's word that nothing helps is the end of the log-in; anything else may pass.
        if (!(error instanceof ParleyError) || error.retryable || error.code === 'answer_invalid') {
          throw failure('connection_lost', 'get an access token', reasonOf(error));
        }
        throw error.code === 'logged_out'
          ? error
          : failure('logged_out', 'get an access token', reasonOf(error));
      })
      .finally(() => (this.#asking = null));
    return this.#asking;
  }
}
