"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.CLOSE = void 0;
exports.closeAdvice = closeAdvice;
/** Every code with which the server closes a connection. */
exports.CLOSE = {
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
};
/** What to do after a close with this code; codes that are not ours mean a lost connection. */
function closeAdvice(code) {
    return Object.values(exports.CLOSE).find((info) => info.code === code)?.advice ?? 'reconnect';
}
