"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.RedisBus = void 0;
const common_1 = require("@nestjs/common");
const redis_1 = require("../../redis/redis");
const bus_codec_1 = require("./bus-codec");
const node_bus_1 = require("./node-bus");
const redis_buckets_1 = require("./redis-buckets");
const redis_subscriptions_1 = require("./redis-subscriptions");
/** What has not come by then is read from the database: longer than a publish takes, also when all is slow. */
const MIN_PATIENCE_MS = 40;
const MAX_PATIENCE_MS = 500;
/** How many times as long as a publish takes to be answered. */
const PATIENCE = 4;
/** Identifies a node among the others: its own messages come back to it. */
const NODE_BYTES = 16;
/**
 * The bus over sharded publish/subscribe, of a single Redis or of a cluster.
 *
 * While Redis is away nothing is sent or kept: what was committed meanwhile comes by the commit feed.
 */
class RedisBus extends node_bus_1.NodeBus {
    redis;
    prefix;
    hasPeers = true;
    losses = 0;
    log = new common_1.Logger(RedisBus.name);
    listeners = [];
    joinedListeners = [];
    gapListeners = [];
    wanted = new Set();
    /** By the URL of the Redis. */
    subscriptions = new Map();
    /** By bucket, the URL of the Redis that answers for it. */
    owners = [];
    node;
    isDeaf = false;
    looking = false;
    constructor(redis, nodeId, prefix) {
        super();
        this.redis = redis;
        this.prefix = prefix;
        this.node = Buffer.from(nodeId.replaceAll('-', ''), 'hex');
        redis.onMove(() => this.follow());
        this.follow();
    }
    get isUp() {
        const all = [...this.subscriptions.values()];
        return this.redis.state === 'up' && all.every(({ isWhole }) => isWhole);
    }
    // The database is asked by busy nodes last: every read for a message that is on its way makes them busier.
    get patienceMs() {
        const wanted = this.stats.lagSeconds * 1_000 * PATIENCE;
        return Math.min(Math.max(wanted, MIN_PATIENCE_MS), MAX_PATIENCE_MS);
    }
    publish(channels, message) {
        let payload;
        for (const channel of channels) {
            const client = this.redis.at(redis_buckets_1.SLOT_OF_BUCKET[(0, redis_buckets_1.bucketOf)(channel)]);
            if (client) {
                payload ??= Buffer.concat([this.node, (0, bus_codec_1.encodeBusMessage)(message)]);
                this.stats.published++;
                const published = client.sPublish((0, redis_buckets_1.nameOf)(this.prefix, channel), payload);
                published.catch(this.lost);
                this.lookAt(published);
            }
            else
                this.lost();
        }
    }
    join(channel) {
        this.wanted.add(channel);
        this.at(channel)?.change(channel);
    }
    leave(channel) {
        this.wanted.delete(channel);
        this.at(channel)?.change(channel);
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
        await Promise.all([...this.subscriptions.values()].map((each) => each.close()));
        this.subscriptions.clear();
    }
    at(channel) {
        const owner = this.owners[(0, redis_buckets_1.bucketOf)(channel)];
        return owner === undefined ? undefined : this.subscriptions.get(owner);
    }
    /** Listens to each bucket at the one that answers for it now; whose buckets have changed begins anew. */
    follow() {
        const before = this.owners;
        this.owners = redis_buckets_1.SLOT_OF_BUCKET.map((slot) => this.redis.ownerOf(slot));
        const changed = new Set();
        for (const [bucket, owner] of this.owners.entries()) {
            const former = before[bucket];
            if (owner === former)
                continue;
            for (const url of [owner, former])
                if (url !== undefined)
                    changed.add(url);
        }
        const urls = new Set(this.owners);
        for (const url of changed) {
            const known = this.subscriptions.get(url);
            if (!known)
                this.subscriptions.set(url, this.listenTo(url));
            else if (urls.has(url))
                known.renew();
            else {
                this.subscriptions.delete(url);
                void known.close();
            }
        }
    }
    listenTo(url) {
        let times = 0;
        const wants = (channel) => this.wanted.has(channel) && this.owners[(0, redis_buckets_1.bucketOf)(channel)] === url;
        return new redis_subscriptions_1.RedisSubscriptions(url, (channel) => (0, redis_buckets_1.nameOf)(this.prefix, channel), {
            wants,
            wanted: () => [...this.wanted].filter(wants),
            receive: (payload) => this.receive(payload),
            joined: (channels) => {
                for (const listener of this.joinedListeners)
                    listener(channels);
            },
            subscribed: () => {
                if (times++ > 0)
                    this.stats.resubscribed++;
                this.hearsAgain();
                for (const listener of this.gapListeners)
                    listener();
            },
            failed: (error) => this.isDeafNow(error),
            moved: () => void this.redis.look(),
        });
    }
    receive(payload) {
        if (payload.subarray(0, NODE_BYTES).equals(this.node))
            return;
        const message = (0, bus_codec_1.decodeBusMessage)(payload.subarray(NODE_BYTES));
        if (!message) {
            this.stats.dropped++;
            return;
        }
        this.stats.received++;
        for (const listener of this.listeners)
            listener(message);
    }
    lost = (error) => {
        this.stats.dropped++;
        this.losses++;
        if ((0, redis_1.isRedirection)(error))
            void this.redis.look();
    };
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
    /** Once per outage; what is not heard comes by the feed. */
    isDeafNow(error) {
        if (!this.isDeaf)
            this.log.warn(`News of other nodes come late for now: ${String(error)}`);
        this.isDeaf = true;
    }
    hearsAgain() {
        if (!this.isDeaf || [...this.subscriptions.values()].some(({ isWhole }) => !isWhole))
            return;
        this.isDeaf = false;
        this.log.log('News of other nodes come at once again');
    }
}
exports.RedisBus = RedisBus;
