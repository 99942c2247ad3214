"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.DomainError = void 0;
const protocol_1 = require("../../protocol/index.js");
/** An expected failure: a code of the protocol's error table, told alike over REST and socket. */
class DomainError extends Error {
    code;
    details;
    status;
    retryable;
    constructor(code, 
    /** Instead of the table's sentence, where a case can be told better. */
    message, details) {
        super(message ?? protocol_1.ERRORS[code].message);
        this.code = code;
        this.details = details;
        this.name = 'DomainError';
        this.status = protocol_1.ERRORS[code].status;
        this.retryable = protocol_1.ERRORS[code].retryable;
    }
    toBody() {
        const body = {
            code: this.code,
            message: this.message,
            retryable: this.retryable,
        };
        if (this.details)
            body.details = this.details;
        return body;
    }
}
exports.DomainError = DomainError;
