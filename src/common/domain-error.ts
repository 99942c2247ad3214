import { ERRORS, type ErrorBody, type ErrorCode } from '@parley/protocol';

/** An expected failure: a code of the protocol's error table, told alike over REST and socket. */
export class DomainError extends Error {
  readonly status: number;
  readonly retryable: boolean;

  constructor(
    readonly code: ErrorCode,
    /** Instead of the table's sentence, where a case can be told better. */
    message?: string,
    readonly details?: Record<string, unknown>,
  ) {
    super(message ?? ERRORS[code].message);
    this.name = 'DomainError';
    this.status = ERRORS[code].status;
    this.retryable = ERRORS[code].retryable;
  }

  toBody(): ErrorBody {
    const body: ErrorBody = {
      code: this.code,
      message: this.message,
      retryable: this.retryable,
    };
    if (this.details) body.details = this.details;
    return body;
  }
}
