"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.InterestField = exports.Interests = void 0;
exports.bitOf = bitOf;
/**
 * Channels are told to other nodes as bits of one field: of 15,000 users one in twenty more is taken for
 * somebody who is connected there. All nodes of an installation must agree on how many there are.
 */
const BITS = 2 ** 18;
const MAX_COUNT = 255;
/** Added to a bit that has been set, where changes are told. */
const SET = 2 ** 31;
function bitOf(channel) {
    // FNV-1a: cheap, as every publish asks.
    let hash = 0x811c9dc5;
    for (let i = 0; i < channel.length; i++)
        hash = Math.imul(hash ^ channel.charCodeAt(i), 0x01000193);
    return ((hash >>> 14) ^ hash) & (BITS - 1);
}
/** The channels that this node listens to, and what of them others have not been told. */
class Interests {
    channels = new Set();
    /** By bit, how many channels are behind it; beyond what fits it stays set, which costs messages only. */
    counts = new Uint8Array(BITS);
    changed = new Set();
    /** Whether it is new. */
    add(channel) {
        if (this.channels.has(channel))
            return false;
        this.channels.add(channel);
        const bit = bitOf(channel);
        const count = this.counts[bit];
        if (count === 0)
            this.changed.add(bit);
        if (count < MAX_COUNT)
            this.counts[bit] = count + 1;
        return true;
    }
    remove(channel) {
        if (!this.channels.delete(channel))
            return;
        const bit = bitOf(channel);
        const count = this.counts[bit];
        if (count === MAX_COUNT)
            return;
        this.counts[bit] = count - 1;
        if (count === 1)
            this.changed.add(bit);
    }
    /** What has changed since the last call, as others apply it. */
    takeChanges() {
        const changes = [...this.changed].map((bit) => (this.counts[bit] ? bit + SET : bit));
        this.changed.clear();
        return changes;
    }
    /** Everything, as changes of a field without a bit. */
    all() {
        const bits = [];
        for (const [bit, count] of this.counts.entries())
            if (count > 0)
                bits.push(bit + SET);
        return bits;
    }
}
exports.Interests = Interests;
/** What another node listens to. */
class InterestField {
    words = new Uint32Array(BITS / 32);
    apply(changes) {
        for (const change of changes) {
            const bit = change & (BITS - 1);
            const mask = 1 << (bit & 31);
            if (change >= SET)
                this.words[bit >>> 5] |= mask;
            else
                this.words[bit >>> 5] &= ~mask;
        }
    }
    /** Whether it may listen to a channel with this bit. */
    has(bit) {
        return (this.words[bit >>> 5] & (1 << (bit & 31))) !== 0;
    }
}
exports.InterestField = InterestField;
