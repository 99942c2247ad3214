"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.RedisBus = void 0;
const common_1 = require("@nestjs/common");
const hash_slot_1 = require("../../redis/hash-slot");
const redis_1 = require("../../redis/redis");
const mesh_1 = require("./mesh");
const node_bus_1 = require("./node-bus");
const redis_listener_1 = require("./redis-listener");
/** What has not come by then is read from the database: longer than a publish takes, also when all is slow. */
const MIN_PATIENCE_MS = 40;
const MAX_PATIENCE_MS = 500;
/** How many times as long as a publish takes to be answered. */
const PATIENCE = 4;
/**
 * The bus over sharded publish/subscribe, of a single Redis or of a cluster.
 *
 * While Redis is away nothing is sent or kept: what was committed meanwhile comes by the commit feed.
 */
class RedisBus extends node_bus_1.NodeBus {
    redis;
    prefix;
    isShared = true;
    /** The slots of the channels that this node listens to. */
    slots;
    log = new common_1.Logger(RedisBus.name);
    listeners = [];
    joinedListeners = [];
    gapListeners = [];
    mesh;
    subscriptions;
    isDeaf = false;
    looking = false;
    times = 0;
    constructor(redis, nodeId, prefix) {
        super();
        this.redis = redis;
        this.prefix = prefix;
        const node = nodeId.replaceAll('-', '');
        const all = `${prefix}nodes`;
        const wire = {
            toAll: (bytes) => this.publishTo(all, bytes),
            to: (to, bytes) => this.publishTo(this.mailboxOf(to), bytes),
        };
        const events = {
            receive: (message) => this.listeners.forEach((listener) => listener(message)),
            joined: (channels) => this.joinedListeners.forEach((listener) => listener(channels)),
            gap: () => this.gapListeners.forEach((listener) => listener()),
        };
        this.mesh = new mesh_1.Mesh(node, wire, events, this.stats);
        const listenTo = (channel, receive) => new redis_listener_1.RedisListener(redis, channel, {
            receive,
            up: () => this.up(),
            down: (error) => this.down(error),
        });
        this.subscriptions = [
            listenTo(all, (payload) => this.mesh.hearAll(payload)),
            listenTo(this.mailboxOf(node), (payload) => this.mesh.hear(payload)),
        ];
        this.slots = [(0, hash_slot_1.hashSlot)(all), (0, hash_slot_1.hashSlot)(this.mailboxOf(node))];
    }
    get peers() {
        return this.mesh.size;
    }
    get losses() {
        return this.mesh.losses;
    }
    get isUp() {
        return this.redis.state === 'up' && this.listensToAll;
    }
    // The database is asked by busy nodes last: every read for a message that is on its way makes them busier.
    get patienceMs() {
        const wanted = this.stats.lagSeconds * 1_000 * PATIENCE;
        return Math.min(Math.max(wanted, MIN_PATIENCE_MS), MAX_PATIENCE_MS);
    }
    /** Resolves when the other nodes know of this one, or soon. */
    introduced() {
        return this.mesh.introduction;
    }
    publish(channels, message) {
        this.mesh.publish(channels, message);
    }
    join(channel) {
        this.mesh.join(channel);
    }
    leave(channel) {
        this.mesh.leave(channel);
    }
    subscribe(listener) {
        this.listeners.push(listener);
    }
    onJoined(listener) {
        this.joinedListeners.push(listener);
    }
    onGap(listener) {
        this.gapListeners.push(listener);
    }
    async close() {
        await this.mesh.close();
        await Promise.all(this.subscriptions.map((each) => each.close()));
    }
    get listensToAll() {
        return this.subscriptions.every(({ isUp }) => isUp);
    }
    mailboxOf(node) {
        return `${this.prefix}node:${node}`;
    }
    async publishTo(channel, bytes) {
        const client = this.redis.at((0, hash_slot_1.hashSlot)(channel));
        if (!client)
            throw new Error('Redis cannot be reached');
        const published = client.sPublish(channel, bytes);
        this.lookAt(published);
        try {
            return await published;
        }
        catch (error) {
            if ((0, redis_1.isRedirection)(error))
                void this.redis.look();
            throw error;
        }
    }
    /** Takes the time of one publish at a time. */
    lookAt(published) {
        if (this.looking)
            return;
        this.looking = true;
        const begun = performance.now();
        const done = () => {
            this.looking = false;
            this.stats.lagSeconds = (performance.now() - begun) / 1_000;
        };
        published.then(done, done);
    }
    up() {
        if (!this.listensToAll)
            return;
        if (this.times++ > 0)
            this.stats.resubscribed++;
        if (this.isDeaf)
            this.log.log('News of other nodes come at once again');
        this.isDeaf = false;
        this.mesh.up();
    }
    /** Told once per outage; what is not heard comes by the feed. */
    down(error) {
        if (!this.isDeaf)
            this.log.warn(`News of other nodes come late for now: ${String(error)}`);
        this.isDeaf = true;
        this.mesh.down();
    }
}
exports.RedisBus = RedisBus;
