"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Frame = void 0;
const codec_1 = require("./codec");
const ws_frame_1 = require("./ws-frame");
/** A frame for any number of connections, encoded once per encoding however many get it. */
class Frame {
    envelope;
    ephemeral;
    json;
    msgpack;
    name;
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
        frame.json = ws_frame_1.WsFrame.ofBytes('json', json);
        return frame;
    }
    /** What it is: a push's event, or `reply`. */
    get event() {
        return (this.name ??= this.envelope?.event ?? eventOf(this.json?.payload));
    }
    /** The payload. */
    bytes(encoding) {
        return this.wsFrame(encoding).payload;
    }
    /** The payload with the header of its WebSocket frame. */
    wsFrame(encoding) {
        if (encoding === 'json')
            return (this.json ??= ws_frame_1.WsFrame.ofText(JSON.stringify(this.envelope)));
        // Read again only where somebody here speaks the other encoding.
        this.envelope ??= JSON.parse((this.json?.payload ?? '').toString());
        return (this.msgpack ??= ws_frame_1.WsFrame.ofBytes('msgpack', (0, codec_1.encode)('msgpack', this.envelope)));
    }
}
exports.Frame = Frame;
const EVENT_AT = '{"event":"'.length;
const QUOTE = 0x22;
/** The event stands first in what `encode` makes of an envelope. */
function eventOf(json) {
    return json?.toString('latin1', EVENT_AT, json.indexOf(QUOTE, EVENT_AT)) ?? '';
}
