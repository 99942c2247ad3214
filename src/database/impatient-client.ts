import { Client } from 'pg';

/**
 * A connection that is cut when a query on it gets no answer within `query_timeout`.
 *
 * A host that dies says nothing, and TCP takes it for slow for 15 minutes: pg alone would hand the
 * connection back to the pool, for the next one to wait on.
 */
export class ImpatientClient extends Client {
  // One signature for all of pg's: what matters here is only whether it ends well.
  override query(...args: unknown[]): never {
    const answer = (super.query as (...args: unknown[]) => unknown).apply(this, args);
    if (answer instanceof Promise) answer.catch((error: unknown) => this.judge(error));
    return answer as never;
  }

  private judge(error: unknown): void {
    if (error instanceof Error && error.message === 'Query read timeout') void this.end();
  }
}
