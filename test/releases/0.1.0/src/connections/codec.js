"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.FrameError = void 0;
exports.encode = encode;
exports.decodeFrame = decodeFrame;
exports.isPlainObject = isPlainObject;
const node_buffer_1 = require("node:buffer");
const msgpack_1 = require("@msgpack/msgpack");
const domain_error_1 = require("../common/domain-error");
const msgpack = new msgpack_1.Encoder({ ignoreUndefined: true });
const MAX_REF_LENGTH = 64;
/** A value as the payload of one WebSocket frame. */
function encode(encoding, value) {
    return encoding === 'json' ? Buffer.from(JSON.stringify(value)) : Buffer.from(msgpack.encode(value));
}
/** A client's frame, or `frame_invalid` with the ref when at least that could be read. */
function decodeFrame(encoding, payload, isBinary) {
    if (isBinary !== (encoding === 'msgpack')) {
        throw new FrameError(encoding === 'json'
            ? 'This connection speaks JSON in text frames, and this frame is binary.'
            : 'This connection speaks MessagePack in binary frames, and this frame is text.');
    }
    let value;
    try {
        value = encoding === 'json' ? JSON.parse(textOf(payload)) : (0, msgpack_1.decode)(payload);
    }
    catch {
        throw new FrameError(encoding === 'json' ? 'The frame is not JSON.' : 'The frame is not MessagePack.');
    }
    return toClientFrame(value);
}
function textOf(payload) {
    if (!(0, node_buffer_1.isUtf8)(payload))
        throw new TypeError('not UTF-8');
    return payload.toString();
}
function toClientFrame(value) {
    if (!isPlainObject(value))
        throw new FrameError('The frame is not an object.');
    const { event, ref } = value;
    if (ref !== undefined && !isRef(ref)) {
        throw new FrameError(`The ref must be a finite number or a string of at most ${MAX_REF_LENGTH} characters.`);
    }
    if (typeof event !== 'string')
        throw new FrameError('The frame has no event.', ref);
    const frame = { event, data: value.data };
    if (ref !== undefined)
        frame.ref = ref;
    return frame;
}
/** A frame that is no envelope. */
class FrameError extends domain_error_1.DomainError {
    ref;
    constructor(message, ref) {
        super('frame_invalid', message);
        this.ref = ref;
    }
}
exports.FrameError = FrameError;
function isPlainObject(value) {
    return (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array));
}
function isRef(ref) {
    return ((typeof ref === 'number' && Number.isFinite(ref)) ||
        (typeof ref === 'string' && ref.length <= MAX_REF_LENGTH));
}
