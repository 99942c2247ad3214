"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.RedisBus = void 0;
const common_1 = require("@nestjs/common");
const redis_client_1 = require("../../redis/redis-client");
const bus_codec_1 = require("./bus-codec");
const node_bus_1 = require("./node-bus");
/** Longer than a publish takes; what has not come by then is read from the database. */
const PATIENCE_MS = 40;
/** Between looks at which channels to join and leave. */
const BATCH_MS = 5;
/** After Redis has refused to. */
const RETRY_MS = 1_000;
/** Channels of one command. */
const MAX_BATCH = 1_000;
/** Identifies a node among the others: its own messages come back to it. */
const NODE_BYTES = 16;
/**
 * The bus over Redis publish/subscribe.
 *
 * While Redis is away nothing is sent or kept: what was committed meanwhile comes by the commit feed.
 */
class RedisBus extends node_bus_1.NodeBus {
    publisher;
    subscriber;
    node;
    prefix;
    patienceMs = PATIENCE_MS;
    hasPeers = true;
    log = new common_1.Logger(RedisBus.name);
    listeners = [];
    gapListeners = [];
    /** Channels wanted, and those that were asked for. */
    wanted = new Set();
    joined = new Set();
    changed = new Set();
    timer;
    changing = false;
    complained = false;
    constructor(publisher, subscriber, node, prefix) {
        super();
        this.publisher = publisher;
        this.subscriber = subscriber;
        this.node = node;
        this.prefix = prefix;
        // After every connect its subscriptions are made anew; what was published before that is missed.
        subscriber.on('ready', () => this.missed());
    }
    static async connect(publisher, nodeId, prefix) {
        const node = Buffer.from(nodeId.replaceAll('-', ''), 'hex');
        return new RedisBus(publisher, await (0, redis_client_1.subscriberOf)(publisher), node, prefix);
    }
    publish(channels, message) {
        if (!this.publisher.isReady)
            return;
        const payload = Buffer.concat([this.node, (0, bus_codec_1.encodeBusMessage)(message)]);
        for (const channel of channels) {
            this.publisher.publish(this.prefix + channel, payload).catch((error) => this.complain(error));
        }
    }
    join(channel) {
        this.wanted.add(channel);
        this.change(channel);
    }
    leave(channel) {
        this.wanted.delete(channel);
        this.change(channel);
    }
    subscribe(listener) {
        this.listeners.push(listener);
    }
    onGap(listener) {
        this.gapListeners.push(listener);
    }
    async close() {
        clearTimeout(this.timer);
        await (0, redis_client_1.closeRedis)(this.subscriber);
    }
    change(channel) {
        this.changed.add(channel);
        this.changeLater(BATCH_MS);
    }
    changeLater(ms) {
        this.timer ??= setTimeout(() => void this.changeChannels(), ms).unref();
    }
    async changeChannels() {
        this.timer = undefined;
        // The next connect goes on.
        if (this.changing || !this.subscriber.isReady)
            return;
        this.changing = true;
        while (this.changed.size > 0 && (await this.changeSome()))
            ;
        this.changing = false;
        if (this.changed.size > 0)
            this.changeLater(RETRY_MS);
    }
    async changeSome() {
        const batch = [];
        for (const channel of this.changed) {
            this.changed.delete(channel);
            if (this.wanted.has(channel) !== this.joined.has(channel) && batch.push(channel) === MAX_BATCH)
                break;
        }
        const join = batch.filter((channel) => this.wanted.has(channel));
        const leave = batch.filter((channel) => !this.wanted.has(channel));
        // Noted at once: the client repeats what it was asked for when it is connected again.
        for (const channel of join)
            this.joined.add(channel);
        for (const channel of leave)
            this.joined.delete(channel);
        const named = (channels) => channels.map((channel) => this.prefix + channel);
        try {
            if (leave.length > 0)
                await this.subscriber.unsubscribe(named(leave), this.receive, true);
            if (join.length > 0)
                await this.subscriber.subscribe(named(join), this.receive, true);
        }
        catch (error) {
            this.complain(error);
            for (const channel of join)
                this.joined.delete(channel);
            for (const channel of leave)
                this.joined.add(channel);
            for (const channel of batch)
                this.changed.add(channel);
            return false;
        }
        return true;
    }
    receive = (payload) => {
        if (payload.subarray(0, NODE_BYTES).equals(this.node))
            return;
        const message = (0, bus_codec_1.decodeBusMessage)(payload.subarray(NODE_BYTES));
        if (message)
            for (const listener of this.listeners)
                listener(message);
    };
    missed() {
        this.complained = false;
        void this.changeChannels();
        for (const listener of this.gapListeners)
            listener();
    }
    /** Once per outage; what is lost comes by the feed. */
    complain(error) {
        if (!this.complained)
            this.log.warn(`Other nodes hear of news late for now: ${String(error)}`);
        this.complained = true;
    }
}
exports.RedisBus = RedisBus;
