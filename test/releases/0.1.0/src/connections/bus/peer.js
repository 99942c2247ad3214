"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Peer = void 0;
const interests_1 = require("./interests");
/** What this node knows of another. */
class Peer {
    node;
    sent;
    /** What waits to be sent, until the turn ends. */
    outbox = [];
    outboxBytes = 0;
    /** Whether it is to hear from this node soon, also when there is nothing to tell. */
    isOwed = true;
    /** Whether it is to tell all that it listens to. */
    asks = false;
    /** Whether it has been asked for that. */
    isAsked = false;
    /** The announcement of this node that it goes by. */
    heardOfUs = 0;
    /** How often this node has told that it is there since it last heard of this one. */
    silence = 0;
    /** The same since it goes by what was announced at the time before. */
    lag = 0;
    /** What had been announced then. */
    expected = 0;
    /** Something of it is missing, which is told when it goes by this announcement of ours. */
    missedAt;
    /** Payloads of it; null: the next is taken whichever it is. */
    received = 0;
    interests = null;
    announced = 0;
    constructor(node, 
    /** Payloads sent to it. */
    sent) {
        this.node = node;
        this.sent = sent;
    }
    /** The announcement of it that this node goes by; 0: none. */
    get heard() {
        return this.interests ? this.announced : 0;
    }
    wants(bits) {
        const { interests } = this;
        return !interests || bits.some((bit) => interests.has(bit));
    }
    take({ number, isWhole, changes }) {
        const known = this.interests;
        this.silence = 0;
        if (isWhole)
            this.interests = new interests_1.InterestField();
        else if (!known || number !== this.announced + (changes.length > 0 ? 1 : 0)) {
            this.interests = null;
            // Once, and again whenever it says without news that it is there.
            if (!this.isAsked || changes.length === 0)
                this.ask();
            return;
        }
        this.isAsked = false;
        this.interests.apply(changes);
        if (number !== this.announced || !known)
            this.isOwed = true;
        this.announced = number;
    }
    ask() {
        this.isAsked = this.asks = this.isOwed = true;
    }
    /** Whether no payload is missing before this one. */
    follows(number) {
        const follows = this.received === null || number === this.received + 1;
        this.received = number;
        return follows;
    }
    /** What it tells from now on follows on nothing. */
    cutOff() {
        this.received = null;
    }
    nextNumber() {
        return ++this.sent;
    }
    put(message) {
        this.outbox.push(message);
        this.outboxBytes += message.length;
    }
    /** What is to be sent now. */
    takeOut() {
        const { outbox: messages, asks } = this;
        this.outbox = [];
        this.outboxBytes = 0;
        this.isOwed = this.asks = false;
        return { messages, asks };
    }
}
exports.Peer = Peer;
