"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.SLOTS = void 0;
exports.hashSlot = hashSlot;
/** Of a Redis Cluster; each belongs to one master. */
exports.SLOTS = 16_384;
/** The slot of a key or a channel: what stands between braces decides, where there is something. */
function hashSlot(key) {
    const open = key.indexOf('{');
    const close = open < 0 ? -1 : key.indexOf('}', open + 1);
    const tag = close > open + 1 ? key.slice(open + 1, close) : key;
    let crc = 0;
    for (const byte of Buffer.from(tag)) {
        crc ^= byte << 8;
        for (let bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
    }
    return crc % exports.SLOTS;
}
