"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.ParleyRest = void 0;
const error_1 = require("./error");
/** The REST API, as one person or as nobody yet. */
class ParleyRest {
    options;
    base;
    constructor(options) {
        this.options = options;
        this.base = options.url.replace(/\/+$/, '');
    }
    /** The same server with another token. */
    as(accessToken) {
        return new ParleyRest({ ...this.options, accessToken });
    }
    /** One request, such as `call('POST', '/v1/messages', {…})`; rejects with a ParleyError. */
    async call(method, path, body) {
        const headers = { accept: 'application/json' };
        if (this.options.accessToken)
            headers.authorization = `Bearer ${this.options.accessToken}`;
        if (body !== undefined)
            headers['content-type'] = 'application/json';
        const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
        let status;
        let text;
        try {
            const response = await this.options.fetch(this.base + path, init);
            ({ status } = response);
            text = await response.text();
        }
        catch (error) {
            throw (0, error_1.connectionLost)(`${method} ${path} got no answer: ${reasonOf(error)}`);
        }
        const value = text === '' ? undefined : parse(text);
        if (status >= 200 && status < 300 && value !== NO_JSON)
            return value;
        throw isErrorAnswer(value) ? new error_1.ParleyError(value.error) : foreign(`${method} ${path}`, status);
    }
}
exports.ParleyRest = ParleyRest;
// Node's fetch says "fetch failed", and the cause says why.
function reasonOf(error) {
    if (!(error instanceof Error))
        return String(error);
    const cause = error.cause;
    if (!(cause instanceof Error))
        return error.message;
    return cause.message || ('code' in cause ? String(cause.code) : error.message);
}
const NO_JSON = Symbol('no JSON');
function parse(text) {
    try {
        return JSON.parse(text);
    }
    catch {
        return NO_JSON;
    }
}
function isErrorAnswer(value) {
    const error = value?.error;
    return typeof error?.code === 'string' && typeof error.message === 'string';
}
/** An answer of somebody between us and the server, most likely a proxy. */
function foreign(request, status) {
    const message = `${request} was answered with status ${status}, and not by Parley`;
    return new error_1.ParleyError({ code: 'answer_invalid', message, retryable: status >= 500 });
}
