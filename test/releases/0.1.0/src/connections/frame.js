"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Frame = void 0;
const codec_1 = require("./codec");
/** A frame for any number of connections, encoded once per encoding however many get it. */
class Frame {
    envelope;
    ephemeral;
    json;
    msgpack;
    constructor(envelope, 
    /** May be dropped when a client is slow: typing, presence. */
    ephemeral) {
        this.envelope = envelope;
        this.ephemeral = ephemeral;
    }
    static push(event, data) {
        return new Frame({ event, data }, event === 'typing.changed' || event === 'presence.changed');
    }
    static reply(ref, data) {
        return new Frame({ event: 'reply', ref, ok: true, data }, false);
    }
    static failure(ref, error) {
        return new Frame({ event: 'reply', ref, ok: false, error }, false);
    }
    /** One that another node has encoded as JSON. */
    static encoded(json, ephemeral) {
        const frame = new Frame(undefined, ephemeral);
        frame.json = json;
        return frame;
    }
    bytes(encoding) {
        if (encoding === 'json')
            return (this.json ??= (0, codec_1.encode)('json', this.envelope));
        // Read again only where somebody here speaks the other encoding.
        this.envelope ??= JSON.parse((this.json ?? '').toString());
        return (this.msgpack ??= (0, codec_1.encode)('msgpack', this.envelope));
    }
}
exports.Frame = Frame;
