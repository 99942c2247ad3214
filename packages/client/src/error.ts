import type { ErrorBody, ErrorCode } from '@parley/protocol';

/** What goes wrong on this side of the wire, beside the server's own errors. */
export type LocalErrorCode = 'connection_lost' | 'answer_invalid';

/** A request that failed: by the server's word, or because its answer never came. */
export class ParleyError extends Error {
  /** Of the protocol's table, or one of this package. */
  readonly code: ErrorCode | LocalErrorCode;
  /** Whether the same request may succeed later; a send is repeated with the same id. */
  readonly retryable: boolean;
  readonly details: Record<string, unknown> | undefined;

  constructor(error: Omit<ErrorBody, 'code'> & { code: ErrorCode | LocalErrorCode }) {
    super(error.message);
    this.name = 'ParleyError';
    this.code = error.code;
    this.retryable = error.retryable;
    this.details = error.details;
  }
}

/** The connection ended, or could not be made; what was asked may have been done all the same. */
export function connectionLost(message: string): ParleyError {
  return new ParleyError({ code: 'connection_lost', message, retryable: true });
}
