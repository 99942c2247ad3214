"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.ParleyError = void 0;
exports.connectionLost = connectionLost;
/** A request that failed: by the server's word, or because its answer never came. */
class ParleyError extends Error {
    /** Of the protocol's table, or one of this package. */
    code;
    /** Whether the same request may succeed later; a send is repeated with the same id. */
    retryable;
    details;
    constructor(error) {
        super(error.message);
        this.name = 'ParleyError';
        this.code = error.code;
        this.retryable = error.retryable;
        this.details = error.details;
    }
}
exports.ParleyError = ParleyError;
/** The connection ended, or could not be made; what was asked may have been done all the same. */
function connectionLost(message) {
    return new ParleyError({ code: 'connection_lost', message, retryable: true });
}
