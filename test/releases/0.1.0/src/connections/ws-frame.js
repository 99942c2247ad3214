"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.WsFrame = void 0;
const FINAL_TEXT = 0x81;
const FINAL_BINARY = 0x82;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MAX_16 = 65_535;
/** A payload as one WebSocket frame of a server: final, not masked, not compressed (RFC 6455, 5.2). */
class WsFrame {
    bytes;
    start;
    constructor(
    /** Header and payload. */
    bytes, start) {
        this.bytes = bytes;
        this.start = start;
    }
    static ofText(text) {
        const length = Buffer.byteLength(text);
        const made = WsFrame.withHeader('json', length);
        made.bytes.write(text, made.start);
        return made;
    }
    static ofBytes(encoding, bytes) {
        const made = WsFrame.withHeader(encoding, bytes.length);
        made.bytes.set(bytes, made.start);
        return made;
    }
    get payload() {
        return this.bytes.subarray(this.start);
    }
    static withHeader(encoding, length) {
        const start = length < LENGTH_16 ? 2 : length <= MAX_16 ? 4 : 10;
        const frame = Buffer.allocUnsafe(start + length);
        frame[0] = encoding === 'json' ? FINAL_TEXT : FINAL_BINARY;
        frame[1] = start === 2 ? length : start === 4 ? LENGTH_16 : LENGTH_64;
        if (start === 4)
            frame.writeUInt16BE(length, 2);
        else if (start > 4)
            frame.writeBigUInt64BE(BigInt(length), 2);
        return new WsFrame(frame, start);
    }
}
exports.WsFrame = WsFrame;
