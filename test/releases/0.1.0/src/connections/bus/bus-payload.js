"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.encodeAnnouncement = encodeAnnouncement;
exports.decodeAnnouncement = decodeAnnouncement;
exports.encodePayload = encodePayload;
exports.decodePayload = decodePayload;
/**
 * What travels between nodes: announcements on the channel of all, and on each node's own what is for it.
 *
 * Both begin with the format's number and who speaks. Numbers take eight bytes, and never begin anew.
 */
const FORMAT = 2;
const NODE_AT = 1;
const NODE_BYTES = 16;
const FLAGS_AT = NODE_AT + NODE_BYTES;
const NUMBER_AT = FLAGS_AT + 1;
const CHANGES_AT = NUMBER_AT + 8;
const HEARD_AT = NUMBER_AT + 8;
const MESSAGES_AT = HEARD_AT + 8;
const LENGTH_BYTES = 4;
const WHOLE = 1;
const ASKS = 1;
const LEAVES = 2;
function encodeAnnouncement({ node, number, isWhole, changes }) {
    const bytes = start(CHANGES_AT + changes.length * 4, node, isWhole ? WHOLE : 0, number);
    let at = CHANGES_AT;
    for (const change of changes)
        at = bytes.writeUInt32LE(change, at);
    return bytes;
}
/** Null: of a format that this version does not know. */
function decodeAnnouncement(bytes) {
    if (bytes[0] !== FORMAT || bytes.length < CHANGES_AT)
        return null;
    const changes = [];
    for (let at = CHANGES_AT; at < bytes.length; at += 4)
        changes.push(bytes.readUInt32LE(at));
    const isWhole = (bytes[FLAGS_AT] & WHOLE) !== 0;
    return { node: nodeOf(bytes), number: bytes.readDoubleLE(NUMBER_AT), isWhole, changes };
}
function encodePayload({ node, number, heard, asks, leaves, messages }) {
    const length = messages.reduce((sum, message) => sum + LENGTH_BYTES + message.length, MESSAGES_AT);
    const bytes = start(length, node, (asks ? ASKS : 0) | (leaves ? LEAVES : 0), number);
    let at = bytes.writeDoubleLE(heard, HEARD_AT);
    for (const message of messages) {
        at = bytes.writeUInt32LE(message.length, at);
        at += message.copy(bytes, at);
    }
    return bytes;
}
/** Null: of a format that this version does not know; what it told of comes by the commit feed. */
function decodePayload(bytes) {
    if (bytes[0] !== FORMAT || bytes.length < MESSAGES_AT)
        return null;
    const messages = [];
    for (let at = MESSAGES_AT; at < bytes.length;) {
        const from = at + LENGTH_BYTES;
        at = from + bytes.readUInt32LE(at);
        messages.push(bytes.subarray(from, at));
    }
    const flags = bytes[FLAGS_AT];
    return {
        node: nodeOf(bytes),
        number: bytes.readDoubleLE(NUMBER_AT),
        heard: bytes.readDoubleLE(HEARD_AT),
        asks: (flags & ASKS) !== 0,
        leaves: (flags & LEAVES) !== 0,
        messages,
    };
}
function start(length, node, flags, number) {
    const bytes = Buffer.allocUnsafe(length);
    bytes[0] = FORMAT;
    bytes.write(node, NODE_AT, 'hex');
    bytes[FLAGS_AT] = flags;
    bytes.writeDoubleLE(number, NUMBER_AT);
    return bytes;
}
function nodeOf(bytes) {
    return bytes.toString('hex', NODE_AT, FLAGS_AT);
}
