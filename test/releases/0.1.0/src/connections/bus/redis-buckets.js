"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.SLOT_OF_BUCKET = void 0;
exports.bucketOf = bucketOf;
exports.nameOf = nameOf;
const hash_slot_1 = require("../../redis/hash-slot");
/**
 * Channels are spread over so many buckets, each in one slot of a cluster: what is in one is subscribed to by
 * one command, and all of them are spread over the masters. All nodes of an installation must agree on it.
 */
const BUCKETS = 256;
/** The slot of each bucket: its number is the hash tag of its channels' names. */
exports.SLOT_OF_BUCKET = Array.from({ length: BUCKETS }, (_, i) => (0, hash_slot_1.hashSlot)(`${i}`));
function bucketOf(channel) {
    // FNV-1a: cheap, as every publish asks.
    let hash = 0x811c9dc5;
    for (let i = 0; i < channel.length; i++)
        hash = Math.imul(hash ^ channel.charCodeAt(i), 0x01000193);
    return ((hash >>> 24) ^ hash) & (BUCKETS - 1);
}
function nameOf(prefix, channel) {
    return `${prefix}{${bucketOf(channel)}}:${channel}`;
}
