"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.Mesh = void 0;
const bus_codec_1 = require("./bus-codec");
const bus_payload_1 = require("./bus-payload");
const announcer_1 = require("./announcer");
const interests_1 = require("./interests");
const node_bus_1 = require("./node-bus");
const peer_1 = require("./peer");
/** Between announcements that say no more than that this node is there. */
const PULSE_MS = 1_000;
/** Pulses without a sign of life, and a node is gone. */
const GONE = 10;
/** Pulses for which joining waits for a node that does not follow; later it is told what it missed. */
const PATIENCE = 5;
/** A node that has listened hears of it with what it is told next, or by then. */
const ACK_MS = 20;
/** Waits for the other nodes at the start. */
const INTRODUCTION_MS = 1_000;
/** Of one payload: what Redis keeps for a slow reader is bounded. */
const MAX_PAYLOAD = 1_048_576;
/** So many that none is taken for the next of what was told before. */
const FIRST_NUMBERS = 2 ** 48;
/**
 * The nodes that tell one another, each only what the other listens to.
 *
 * What one has for another in a turn of the event loop is one payload, numbered, so that a missing one is
 * noticed. With it goes which announcement of the other the sender goes by: from then on a channel counts as
 * joined. A node of which it is not known what it listens to is told everything.
 */
class Mesh {
    node;
    wire;
    events;
    stats;
    /** Messages that could not be sent. */
    losses = 0;
    /** Resolves when all who are there know of this node, or soon. */
    introduction;
    peers = new Map();
    announcer;
    pulse;
    acks;
    isScheduled = false;
    isUp = false;
    isClosed = false;
    isIntroduced = false;
    endIntroduction = () => undefined;
    /** Nodes that heard the first announcement. */
    audience = Infinity;
    constructor(node, wire, events, stats) {
        this.node = node;
        this.wire = wire;
        this.events = events;
        this.stats = stats;
        this.announcer = new announcer_1.Announcer(node, (bytes) => this.announce(bytes), {
            joined: (channels) => events.joined(channels),
            isHeard: (number) => this.all((peer) => peer.missedAt !== undefined || peer.heardOfUs >= number),
        });
        this.introduction = new Promise((resolve) => {
            const timer = setTimeout(() => this.endIntroduction(), INTRODUCTION_MS);
            this.endIntroduction = () => {
                clearTimeout(timer);
                if (!this.isIntroduced && this.isUp)
                    this.events.gap();
                this.isIntroduced = true;
                resolve();
            };
        });
        this.pulse = setInterval(() => this.beat(), PULSE_MS).unref();
    }
    /** Nodes that are known. */
    get size() {
        return this.peers.size;
    }
    join(channel) {
        this.announcer.join(channel);
    }
    leave(channel) {
        this.announcer.leave(channel);
    }
    /** Tells those who listen to one of the channels, when the turn ends. */
    publish(channels, message) {
        if (this.peers.size === 0)
            return;
        const bits = [];
        let isForAll = false;
        for (const channel of channels) {
            if (channel === node_bus_1.NODES_CHANNEL)
                isForAll = true;
            else
                bits.push((0, interests_1.bitOf)(channel));
        }
        let bytes;
        for (const peer of this.peers.values()) {
            if (!isForAll && !peer.wants(bits))
                continue;
            bytes ??= (0, bus_codec_1.encodeBusMessage)(message);
            peer.put(bytes);
            this.stats.published++;
            if (peer.outboxBytes > MAX_PAYLOAD)
                void this.send(peer);
        }
        if (bytes)
            this.sendSoon();
    }
    /** Takes what came on the channel of all. */
    hearAll(bytes) {
        const announcement = (0, bus_payload_1.decodeAnnouncement)(bytes);
        if (!announcement)
            this.stats.dropped++;
        else if (announcement.node !== this.node && !this.isClosed) {
            const peer = this.peer(announcement.node);
            peer.take(announcement);
            if (peer.isOwed)
                this.acknowledgeSoon();
        }
    }
    /** Takes what came on the channel of this node. */
    hear(bytes) {
        const payload = (0, bus_payload_1.decodePayload)(bytes);
        if (!payload)
            this.stats.dropped++;
        if (!payload || this.isClosed)
            return;
        const peer = this.peer(payload.node);
        peer.silence = 0;
        if (peer.heard === 0 && !peer.isAsked)
            peer.ask();
        // Who asks does not know either how far this one has heard it.
        if (payload.asks)
            peer.isOwed = true;
        if (peer.isOwed)
            this.acknowledgeSoon();
        if (!peer.follows(payload.number))
            peer.missedAt = this.announcer.number;
        peer.heardOfUs = payload.heard;
        if (payload.asks)
            this.announcer.tellAll();
        for (const each of payload.messages)
            this.receive(each);
        if (payload.leaves)
            this.peers.delete(peer.node);
        this.caughtUp(peer);
    }
    /** What is sent to this node from now on arrives; what came before may be missing. */
    up() {
        this.isUp = true;
        for (const peer of this.peers.values())
            peer.cutOff();
        this.announcer.up();
        if (this.isIntroduced)
            this.events.gap();
    }
    down() {
        this.isUp = false;
        this.announcer.down();
    }
    /** Tells the others that this node is gone; resolves when that was sent. */
    async close() {
        this.isClosed = true;
        clearInterval(this.pulse);
        clearTimeout(this.acks);
        this.announcer.close();
        this.endIntroduction();
        const sent = [...this.peers.values()].map((peer) => this.send(peer, true));
        this.peers.clear();
        await Promise.all(sent);
    }
    peer(node) {
        const known = this.peers.get(node);
        if (known)
            return known;
        // Who is met later may have missed what was published before, and takes numbers that begin anywhere for that.
        const peer = new peer_1.Peer(node, this.isIntroduced ? Math.floor(Math.random() * FIRST_NUMBERS) : 0);
        this.peers.set(node, peer);
        return peer;
    }
    all(test) {
        for (const peer of this.peers.values())
            if (!test(peer))
                return false;
        return true;
    }
    receive(bytes) {
        const message = (0, bus_codec_1.decodeBusMessage)(bytes);
        if (!message) {
            this.stats.dropped++;
            return;
        }
        this.stats.received++;
        this.events.receive(message);
    }
    caughtUp(peer) {
        if (peer.missedAt !== undefined && peer.heardOfUs >= peer.missedAt) {
            peer.missedAt = undefined;
            if (this.isIntroduced)
                this.events.gap();
        }
        this.announcer.settle();
        this.lookRound();
    }
    /** Ends the introduction when everybody has answered. */
    lookRound() {
        if (this.isIntroduced || this.peers.size < this.audience)
            return;
        if (this.all(({ heardOfUs, heard }) => heardOfUs > 0 && heard > 0))
            this.endIntroduction();
    }
    async announce(bytes) {
        const heard = await this.wire.toAll(bytes);
        if (this.isIntroduced)
            return;
        this.audience = heard - 1;
        this.lookRound();
    }
    sendSoon() {
        if (this.isScheduled)
            return;
        this.isScheduled = true;
        queueMicrotask(() => {
            this.isScheduled = false;
            for (const peer of this.peers.values())
                if (peer.outbox.length > 0)
                    void this.send(peer);
        });
    }
    acknowledgeSoon() {
        this.acks ??= setTimeout(() => {
            this.acks = undefined;
            for (const peer of this.peers.values())
                if (peer.isOwed)
                    void this.send(peer);
        }, ACK_MS).unref();
    }
    async send(peer, leaves = false) {
        const { node } = this;
        const { messages, asks } = peer.takeOut();
        const payload = { node, number: peer.nextNumber(), heard: peer.heard, asks, leaves, messages };
        try {
            await this.wire.to(peer.node, (0, bus_payload_1.encodePayload)(payload));
        }
        catch {
            this.losses += messages.length;
            this.stats.dropped += messages.length;
        }
    }
    /** Says that this node is there, and forgets those that have not said so for long. */
    beat() {
        // Whoever stood still for a minute has slept through one pulse of its own.
        if (!this.isUp)
            return;
        for (const peer of this.peers.values()) {
            if (++peer.silence > GONE)
                this.peers.delete(peer.node);
            peer.lag = peer.heardOfUs < peer.expected ? peer.lag + 1 : 0;
            peer.expected = this.announcer.number;
            if (peer.lag > PATIENCE)
                peer.missedAt = this.announcer.number;
        }
        this.announcer.announce();
        this.announcer.settle();
    }
}
exports.Mesh = Mesh;
