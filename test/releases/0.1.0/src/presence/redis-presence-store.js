"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.RedisPresenceStore = void 0;
const common_1 = require("@nestjs/common");
const presence_store_1 = require("./presence-store");
const redis_presence_scripts_1 = require("./redis-presence-scripts");
const PREFIX = 'parley:presence:';
const LEASES = `${PREFIX}nodes`;
/** A node that has not renewed its lease for so long is dead, and its entries do not count. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** One node clears a dead one away; for so long nobody else tries. */
const CLAIM_MS = 10_000;
/** Longer than any answer of a Redis that works. */
const PATIENCE_MS = 2_000;
/** Users handled by one pipeline. */
const BATCH = 500;
/** The channel on which nodes tell one another what is news. */
const CHANNEL = 'presence';
/** Presence of all nodes, in Redis; each node's entries live under a lease. */
class RedisPresenceStore extends presence_store_1.PresenceStore {
    redis;
    bus;
    clock;
    log = new common_1.Logger(RedisPresenceStore.name);
    /** This node's connections, by user. */
    local = new Map();
    /** What was last announced of this node's users, for a Redis that has lost it. */
    announced = new Map();
    changeListeners = [];
    doubtListeners = [];
    nodeId;
    ttlMs;
    leaseMs;
    /** Nodes whose lease is over, until somebody has cleared them away. */
    dead = [];
    timer;
    constructor(redis, bus, clock, { nodeId, ttlMs, leaseMs = LEASE_MS }) {
        super();
        this.redis = redis;
        this.bus = bus;
        this.clock = clock;
        this.nodeId = nodeId;
        this.ttlMs = ttlMs;
        this.leaseMs = leaseMs;
        bus.join(CHANNEL);
        bus.subscribe((message) => {
            if (message.type === 'presence')
                this.tell(message.changes);
        });
        redis.on('ready', () => void this.restore());
        this.timer = setInterval(() => void this.renew(), Math.min(RENEW_MS, leaseMs / 3));
        this.timer.unref();
        void this.renew();
    }
    async open({ userId, connectionId }) {
        const own = this.local.get(userId) ?? new Set();
        this.local.set(userId, own.add(connectionId));
        await this.count(userId, own.size);
    }
    async close({ userId, connectionId }) {
        const own = this.local.get(userId);
        if (!own?.delete(connectionId))
            return;
        if (own.size === 0)
            this.local.delete(userId);
        await this.count(userId, own.size);
    }
    async choose(userId, status) {
        const now = this.clock.now();
        await this.run(redis_presence_scripts_1.CHOOSE, userId, [status, now + this.ttlMs, now, this.ttlMs, ...this.dead]);
    }
    async read(userIds) {
        const ids = [...userIds];
        const records = new Map();
        for (let i = 0; i < ids.length; i += BATCH) {
            const part = ids.slice(i, i + BATCH);
            const rows = await this.soon(Promise.all(part.map((id) => this.redis.hGetAll(keyOf(id)))));
            for (const [at, userId] of part.entries()) {
                const row = rows[at];
                if (row && Object.keys(row).length > 0)
                    records.set(userId, this.toRecord(row));
            }
        }
        return records;
    }
    async announce(announcements) {
        const before = (await this.soon(Promise.all(announcements.map(({ userId, status, own }) => this.run(redis_presence_scripts_1.ANNOUNCE, userId, [status, own])))));
        const changes = [];
        for (const [i, { again = false, ...announcement }] of announcements.entries()) {
            const { userId, status, own } = announcement;
            if (this.local.has(userId))
                this.announced.set(userId, { status, own });
            else
                this.announced.delete(userId);
            const toOthers = again || status !== (before[i]?.[0] ?? presence_store_1.UNSEEN.status);
            const toSelf = own !== (before[i]?.[1] ?? presence_store_1.UNSEEN.own);
            if (toOthers || toSelf)
                changes.push({ ...announcement, toOthers, toSelf });
        }
        const gone = announcements.filter(({ userId, status }) => status === 'offline' && !this.local.has(userId));
        await this.release(gone.map(({ userId }) => userId));
        if (changes.length === 0)
            return changes;
        this.tell(changes);
        this.bus.publish([CHANNEL], { type: 'presence', changes });
        return changes;
    }
    onChange(listener) {
        this.changeListeners.push(listener);
    }
    onDoubt(listener) {
        this.doubtListeners.push(listener);
    }
    /** Ends the lease now: another node looks after who has just gone. */
    async stop() {
        clearInterval(this.timer);
        await this.soon(this.redis.zAdd(LEASES, { score: 0, value: this.nodeId })).catch(() => undefined);
    }
    async count(userId, connections) {
        const args = [this.nodeId, connections, this.ttlMs, this.clock.now(), ...this.dead];
        const [, isElsewhere] = await this.soon(Promise.all([this.redis.sAdd(setOf(this.nodeId), userId), this.run(redis_presence_scripts_1.CONNECTIONS, userId, args)]));
        if (isElsewhere)
            await this.release([userId]);
    }
    /** Takes users off this node's list: their going is announced, or is another node's to announce. */
    async release(userIds) {
        if (userIds.length > 0)
            await this.soon(this.redis.sRem(setOf(this.nodeId), userIds));
    }
    run(script, userId, args) {
        return (0, redis_presence_scripts_1.runScript)(this.redis, script, keyOf(userId), args);
    }
    tell(changes) {
        for (const listener of this.changeListeners)
            listener(changes);
    }
    doubt(userIds) {
        for (const listener of this.doubtListeners)
            listener(userIds);
    }
    async renew() {
        try {
            this.dead = (await this.soon((0, redis_presence_scripts_1.runScript)(this.redis, redis_presence_scripts_1.LEASE, LEASES, [this.nodeId, this.leaseMs])));
            for (const node of this.dead)
                await this.clear(node);
        }
        catch {
            // Whoever reads or writes presence is told; the next turn tries again.
        }
    }
    /** Takes away the entries of a node that has died, and has its users looked at. */
    async clear(node) {
        const claim = await this.redis.set(`${PREFIX}claim:${node}`, this.nodeId, {
            condition: 'NX',
            expiration: { type: 'PX', value: CLAIM_MS },
        });
        if (claim === null)
            return;
        const set = setOf(node);
        for (;;) {
            const userIds = await this.soon(this.redis.sRandMemberCount(set, BATCH));
            if (userIds.length === 0)
                break;
            const args = [node, 0, this.ttlMs, this.clock.now(), ...this.dead];
            await this.soon(Promise.all(userIds.map((userId) => this.run(redis_presence_scripts_1.CONNECTIONS, userId, args))));
            await this.soon(this.redis.sRem(set, userIds));
            this.doubt(userIds);
        }
        await this.redis.zRem(LEASES, node);
        this.log.log(`Node ${node} is gone; who was connected to it counts as gone too`);
    }
    /** After an outage: Redis may have lost all, and who came or went meanwhile was not noted. */
    async restore() {
        try {
            await this.renew();
            const set = setOf(this.nodeId);
            const noted = await this.soon(this.redis.sMembers(set));
            const gone = noted.filter((userId) => !this.local.has(userId));
            const here = [...this.local];
            for (let i = 0; i < here.length; i += BATCH) {
                await this.soon(Promise.all(here.slice(i, i + BATCH).flatMap(([userId, { size }]) => {
                    const { status, own } = this.announced.get(userId) ?? presence_store_1.UNSEEN;
                    return [
                        this.redis.sAdd(set, userId),
                        this.run(redis_presence_scripts_1.RESTORE, userId, [this.nodeId, size, status, own]),
                    ];
                })));
            }
            for (const userId of gone)
                await this.count(userId, 0);
            this.doubt([...gone, ...this.local.keys()]);
        }
        catch (error) {
            this.log.warn(`Presence could not be put back, the next connect tries again: ${String(error)}`);
        }
    }
    toRecord(row) {
        const now = this.clock.now();
        const until = Number(row.until ?? 0);
        const chosen = now < until ? (row.chosen ?? null) : null;
        return {
            connected: nodesOf(row).some((node) => !this.dead.includes(node)),
            chosen,
            chosenUntil: chosen && until,
            lastSeenAt: row.seen ? Number(row.seen) : null,
            announced: {
                status: row.status ?? presence_store_1.UNSEEN.status,
                own: row.own ?? presence_store_1.UNSEEN.own,
            },
        };
    }
    /** Rejects when Redis hangs. */
    async soon(answer) {
        let timer;
        const late = new Promise((_, reject) => {
            timer = setTimeout(() => reject(new Error('Redis does not answer')), PATIENCE_MS);
        });
        try {
            return await Promise.race([answer, late]);
        }
        finally {
            clearTimeout(timer);
        }
    }
}
exports.RedisPresenceStore = RedisPresenceStore;
function keyOf(userId) {
    return `${PREFIX}user:${userId}`;
}
/** The list of the users for whom a node answers: another goes through it when the node dies. */
function setOf(nodeId) {
    return `${PREFIX}node:${nodeId}`;
}
function nodesOf(row) {
    return Object.keys(row).flatMap((field) => (field.startsWith('n:') ? [field.slice(2)] : []));
}
