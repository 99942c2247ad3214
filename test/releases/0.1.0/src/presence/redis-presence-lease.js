"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.PresenceLease = void 0;
const redis_connection_1 = require("../redis/redis-connection");
const redis_presence_scripts_1 = require("./redis-presence-scripts");
const PREFIX = 'parley:presence:';
const LEASES = `${PREFIX}nodes`;
/** One node clears a dead one away; for so much of a lease nobody else tries. */
const CLAIM = 2 / 3;
/** For so much of a lease nobody knows anything after Redis has lost what was noted. */
const UNSETTLED = 1 / 5;
/** A node that does not renew its lease is dead: its entries do not count, and another clears them away. */
class PresenceLease {
    redis;
    nodeId;
    ms;
    /** Nodes whose lease is over, until somebody has cleared them away. */
    dead = [];
    hadOne = false;
    isInQuestion = false;
    /** By the monotonic clock, both. */
    settledAt = 0;
    until = 0;
    constructor(redis, nodeId, ms) {
        this.redis = redis;
        this.nodeId = nodeId;
        this.ms = ms;
    }
    /** Whether the other nodes have had the time to put back what Redis has lost. */
    get isSettled() {
        return !this.isInQuestion && performance.now() >= this.settledAt;
    }
    /** Redis was away: whether it has lost anything, the next renewal tells. */
    question() {
        this.isInQuestion = true;
    }
    /** Whether no other node may have cleared away what this one has noted. */
    get isRunning() {
        return performance.now() < this.until;
    }
    /** Returns whether what this node had noted is still there and counts. */
    async renew() {
        const asked = performance.now();
        const answer = (0, redis_presence_scripts_1.runScript)(this.redis, redis_presence_scripts_1.LEASE, LEASES, [this.nodeId, this.ms]);
        const [isRunning, dead] = (await (0, redis_connection_1.within)(redis_connection_1.ANSWER_MS, answer));
        this.dead = dead;
        this.isInQuestion = false;
        this.until = asked + this.ms;
        const isLost = this.hadOne && isRunning === 0;
        this.hadOne = true;
        if (isLost)
            this.settledAt = performance.now() + this.ms * UNSETTLED;
        return !isLost;
    }
    /** Whether it is this node that clears a dead one away. */
    async claim(node) {
        const key = `${PREFIX}claim:${node}`;
        const expiration = { type: 'PX', value: Math.round(this.ms * CLAIM) };
        const set = this.redis.run(key, (client) => client.set(key, this.nodeId, { condition: 'NX', expiration }));
        return (await (0, redis_connection_1.within)(redis_connection_1.ANSWER_MS, set)) !== null;
    }
    async forget(node) {
        await this.redis.run(LEASES, (client) => client.zRem(LEASES, node));
    }
    /** All nodes, this one too. */
    nodes() {
        return (0, redis_connection_1.within)(redis_connection_1.ANSWER_MS, this.redis.run(LEASES, (client) => client.zRange(LEASES, 0, -1)));
    }
    /** Ends it now: another node looks after who has just gone. */
    async end() {
        const over = { score: 0, value: this.nodeId };
        await (0, redis_connection_1.within)(redis_connection_1.ANSWER_MS, this.redis.run(LEASES, (client) => client.zAdd(LEASES, over)));
    }
}
exports.PresenceLease = PresenceLease;
