/** What a client should do after a close: the same at once, with a new token, or not at all. */
export type CloseAdvice = 'reconnect' | 'refresh' | 'stop';

export interface CloseInfo {
  readonly code: number;
  readonly advice: CloseAdvice;
  /** The reason sent in the close frame. */
  readonly reason: string;
}

/** Every code with which the server closes a connection. */
export const CLOSE = {
  authTimeout: { code: 4408, advice: 'reconnect', reason: 'auth_timeout' },
  tooFast: { code: 4429, advice: 'reconnect', reason: 'rate_limited' },
  draining: { code: 4503, advice: 'reconnect', reason: 'draining' },
  slowConsumer: { code: 4508, advice: 'reconnect', reason: 'slow_consumer' },
  heartbeat: { code: 4504, advice: 'reconnect', reason: 'heartbeat_missed' },
  internal: { code: 1011, advice: 'reconnect', reason: 'internal' },
  tokenInvalid: { code: 4401, advice: 'refresh', reason: 'token_invalid' },
  protocol: { code: 4400, advice: 'stop', reason: 'protocol_violated' },
  banned: { code: 4403, advice: 'stop', reason: 'banned' },
  sessionRevoked: { code: 4409, advice: 'stop', reason: 'session_revoked' },
  tooBig: { code: 1009, advice: 'stop', reason: 'frame_too_big' },
} as const satisfies Record<string, CloseInfo>;

/** The codes after which there is something else to do than to come back; apart, for clients that are small. */
const ADVICE: Partial<Record<number, CloseAdvice>> = {
  4401: 'refresh',
  4400: 'stop',
  4403: 'stop',
  4409: 'stop',
  1009: 'stop',
};

/** What to do after a close with this code; codes that are not ours mean a lost connection. */
export function closeAdvice(code: number): CloseAdvice {
  return ADVICE[code] ?? 'reconnect';
}
