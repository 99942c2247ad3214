/** One row per error: its HTTP status, whether the same request may succeed later, and its sentence. */
export interface ErrorInfo {
  readonly status: number;
  readonly retryable: boolean;
  readonly message: string;
}

/** Every error a client can meet, over REST and socket alike. */
export const ERRORS = {
  // what was sent
  frame_invalid: {
    status: 400,
    retryable: false,
    message: 'The frame is not an envelope {event, data, ref?} in the encoding of this connection.',
  },
  event_unknown: {
    status: 404,
    retryable: false,
    message: 'This server knows no such event.',
  },
  payload_invalid: {
    status: 400,
    retryable: false,
    message: 'The request does not have the shape that is documented for it.',
  },
  payload_too_large: {
    status: 413,
    retryable: false,
    message: 'The request is larger than this server accepts.',
  },
  text_invalid: {
    status: 400,
    retryable: false,
    message: 'Text cannot hold U+0000 or lone surrogates.',
  },
  text_too_long: {
    status: 400,
    retryable: false,
    message: 'The text is longer than this server accepts.',
  },
  route_unknown: {
    status: 404,
    retryable: false,
    message: 'There is no such route.',
  },
  // who sent it
  unauthenticated: {
    status: 401,
    retryable: false,
    message: 'A valid access token is required.',
  },
  token_expired: {
    status: 401,
    retryable: false,
    message: 'The token has expired; refresh it.',
  },
  session_revoked: {
    status: 401,
    retryable: false,
    message: 'This session has ended; log in again.',
  },
  credentials_invalid: {
    status: 401,
    retryable: false,
    message: 'User name or password is wrong.',
  },
  account_closed: {
    status: 403,
    retryable: false,
    message: 'This account is closed.',
  },
  forbidden: { status: 403, retryable: false, message: 'You may not do this.' },
  blocked: {
    status: 403,
    retryable: false,
    message: 'One of you has blocked the other.',
  },
  // what it names
  user_not_found: {
    status: 404,
    retryable: false,
    message: 'There is no such user.',
  },
  contact_not_found: {
    status: 404,
    retryable: false,
    message: 'There is no such contact or request.',
  },
  conversation_not_found: {
    status: 404,
    retryable: false,
    message: 'There is no such conversation, or you are not a member of it.',
  },
  member_not_found: {
    status: 404,
    retryable: false,
    message: 'That user is not a member of this conversation.',
  },
  message_not_found: {
    status: 404,
    retryable: false,
    message: 'There is no such message in what you can see of this conversation.',
  },
  session_not_found: {
    status: 404,
    retryable: false,
    message: 'You have no such session.',
  },
  invite_invalid: {
    status: 404,
    retryable: false,
    message: 'This invite cannot be used; details.reason is unknown, expired, revoked or used_up.',
  },
  // what stands against it
  username_taken: {
    status: 409,
    retryable: false,
    message: 'This user name is taken.',
  },
  id_conflict: {
    status: 409,
    retryable: false,
    message: 'This id has been used for another request.',
  },
  last_owner: {
    status: 409,
    retryable: false,
    message: 'The last owner cannot leave or step down; hand over ownership first.',
  },
  not_a_group: {
    status: 409,
    retryable: false,
    message: 'A direct conversation has no members to change, no roles and no title.',
  },
  conversation_full: {
    status: 409,
    retryable: false,
    message: 'The conversation has as many members as it may have.',
  },
  invite_limit: {
    status: 409,
    retryable: false,
    message: 'The group has as many invites as it may have; revoke one first.',
  },
  message_deleted: {
    status: 409,
    retryable: false,
    message: 'The message has been deleted.',
  },
  version_conflict: {
    status: 409,
    retryable: false,
    message: 'The message has changed since; details.version is its version now.',
  },
  reaction_limit: {
    status: 409,
    retryable: false,
    message: 'The message has as many kinds of reactions as it may have.',
  },
  pin_limit: {
    status: 409,
    retryable: false,
    message: 'The conversation has as many pinned messages as it may have.',
  },
  cursor_invalid: {
    status: 400,
    retryable: false,
    message: 'The cursor is not one of this server; start without one.',
  },
  // the server's own state
  rate_limited: {
    status: 429,
    retryable: true,
    message: 'Too many requests; wait as long as details.retryAfterMs says.',
  },
  overloaded: {
    status: 503,
    retryable: true,
    message: 'The server has more to do than it can; try again shortly.',
  },
  unavailable: {
    status: 503,
    retryable: true,
    message: 'Storage cannot be reached now; try again with the same id.',
  },
  timeout: {
    status: 503,
    retryable: true,
    message: 'The request took too long; try again with the same id.',
  },
  internal: {
    status: 500,
    retryable: true,
    message: 'Something went wrong here; the log has the details.',
  },
} as const satisfies Record<string, ErrorInfo>;

export type ErrorCode = keyof typeof ERRORS;

/** The body of every error: `{error}` over REST, `reply.error` over the socket. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  retryable: boolean;
  details?: Record<string, unknown>;
}
