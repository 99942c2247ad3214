import type { ErrorBody, ErrorCode } from '@parley/protocol';

/** What goes wrong on this side of the wire, beside the server's own errors. */
export type LocalErrorCode =
  'connection_lost' | 'answer_invalid' | 'not_connected' | 'not_supported' | 'logged_out' | 'stopped';

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

/** An error of this side, as "unable to X; reason". */
export function failure(
  code: LocalErrorCode,
  act: string,
  reason: string,
  retryable = code === 'connection_lost' || code === 'not_connected',
): ParleyError {
  return new ParleyError({ code, message: `unable to ${act}; ${reason}`, retryable });
}

/** The same error, told as what could not be done: "unable to X; reason". */
export function unable(act: string, error: unknown): ParleyError {
  if (!(error instanceof ParleyError)) return failure('answer_invalid', act, reasonOf(error));
  const { code, retryable, details } = error;
  const reason = error.message.replace(/^unable to [^;]*; /, '').replace(/\.$/, '');
  const message = `unable to ${act}; ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`;
  return new ParleyError({ code, message, retryable, details });
}

/** Why something was thrown: Node's fetch says "fetch failed", and the cause says why. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause: unknown = error.cause;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || ('code' in cause ? String(cause.code) : error.message);
}
