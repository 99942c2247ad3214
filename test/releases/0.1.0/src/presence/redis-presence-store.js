"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.RedisPresenceStore = void 0;
const common_1 = require("@nestjs/common");
const node_bus_1 = require("../connections/bus/node-bus");
const presence_store_1 = require("./presence-store");
const redis_presence_lease_1 = require("./redis-presence-lease");
const redis_presence_news_1 = require("./redis-presence-news");
const redis_presence_rows_1 = require("./redis-presence-rows");
const redis_presence_scripts_1 = require("./redis-presence-scripts");
/** A node that has not renewed its lease for so long is dead, and its entries do not count. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** Between looks at whether something is owed that could not be told. */
const OWED_MS = 500;
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
    /** Users on this node's list in Redis, as far as is known here. */
    noted = new Set();
    doubtListeners = [];
    nodeId;
    ttlMs;
    lease;
    news = new redis_presence_news_1.PresenceNews({
        present: () => this.present(),
        read: (userIds) => this.read(userIds),
    });
    /** What is to be done when Redis can be reached. */
    toRestore = false;
    toCatchUp = false;
    mending;
    renewing;
    isStopped = false;
    timers;
    constructor(redis, bus, clock, { nodeId, ttlMs, leaseMs = LEASE_MS }) {
        super();
        this.redis = redis;
        this.bus = bus;
        this.clock = clock;
        this.nodeId = nodeId;
        this.ttlMs = ttlMs;
        this.lease = new redis_presence_lease_1.PresenceLease(redis, nodeId, leaseMs);
        bus.join(node_bus_1.NODES_CHANNEL);
        bus.subscribe((message) => {
            if (message.type === 'presence')
                this.news.tell(message.changes);
        });
        bus.onGap(() => this.mend({ restore: false }));
        redis.onBack(() => {
            this.lease.question();
            this.mend({ restore: true });
            // What a connection before had on its way to a Redis that hung may be carried out after that.
            setTimeout(() => this.mend({ restore: true }), leaseMs / 3).unref();
        });
        this.timers = [
            setInterval(() => void this.renew(), Math.min(RENEW_MS, leaseMs / 3)).unref(),
            setInterval(() => this.mendOwed(), Math.min(OWED_MS, leaseMs / 3)).unref(),
        ];
        this.mend({ restore: false });
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
        if (own.size === 0) {
            this.local.delete(userId);
            this.announced.delete(userId);
        }
        await this.count(userId, own.size);
    }
    async choose(userId, status) {
        const now = this.clock.now();
        const args = [status, now + this.ttlMs, now, this.ttlMs, ...this.lease.dead];
        await (0, redis_presence_rows_1.soon)([this.run(redis_presence_scripts_1.CHOOSE, userId, args)]);
    }
    async read(userIds) {
        // What another node has not put back yet would read as gone.
        if (!this.lease.isSettled)
            throw new Error('Redis has lost what nodes had noted');
        const records = new Map();
        for (const part of (0, redis_presence_rows_1.batches)([...userIds])) {
            const rows = await (0, redis_presence_rows_1.soon)(part.map((id) => this.redis.run((0, redis_presence_rows_1.keyOf)(id), (client) => client.hGetAll((0, redis_presence_rows_1.keyOf)(id)))));
            for (const [at, userId] of part.entries()) {
                const record = (0, redis_presence_rows_1.toRecord)(rows[at] ?? {}, this.clock.now(), this.lease.dead);
                if (!record)
                    continue;
                records.set(userId, record);
                if (this.local.has(userId))
                    this.announced.set(userId, record.announced);
            }
        }
        return records;
    }
    async announce(announcements) {
        const before = (await (0, redis_presence_rows_1.soon)(announcements.map(({ userId, status, own }) => this.run(redis_presence_scripts_1.ANNOUNCE, userId, [status, own]))));
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
        this.news.tell(changes);
        this.bus.publish([node_bus_1.NODES_CHANNEL], { type: 'presence', changes });
        return changes;
    }
    onChange(listener) {
        this.news.onChange(listener);
    }
    onDoubt(listener) {
        this.doubtListeners.push(listener);
    }
    toldUnknown(userIds) {
        this.news.toldUnknown(userIds);
    }
    async stop() {
        this.isStopped = true;
        for (const timer of this.timers)
            clearInterval(timer);
        await this.mending;
        await this.lease.end().catch(() => undefined);
    }
    async count(userId, connections) {
        // Without a lease nobody would clear this away.
        if (!this.lease.isRunning)
            await this.renewLease();
        const args = [this.nodeId, connections, this.ttlMs, this.clock.now(), ...this.lease.dead];
        const [, isElsewhere] = await (0, redis_presence_rows_1.soon)([this.note(userId), this.run(redis_presence_scripts_1.CONNECTIONS, userId, args)]);
        if (isElsewhere)
            await this.release([userId]);
    }
    /** Puts a user on this node's list. */
    async note(userId) {
        if (this.noted.has(userId))
            return;
        const set = (0, redis_presence_rows_1.setOf)(this.nodeId);
        await this.redis.run(set, (client) => client.sAdd(set, userId));
        this.noted.add(userId);
    }
    /** Takes users off this node's list: their going is announced, or is another node's to announce. */
    async release(userIds) {
        for (const userId of userIds)
            this.noted.delete(userId);
        const set = (0, redis_presence_rows_1.setOf)(this.nodeId);
        if (userIds.length > 0)
            await (0, redis_presence_rows_1.soon)([this.redis.run(set, (client) => client.sRem(set, userIds))]);
    }
    run(script, userId, args) {
        return (0, redis_presence_scripts_1.runScript)(this.redis, script, (0, redis_presence_rows_1.keyOf)(userId), args);
    }
    doubt(userIds) {
        for (const listener of this.doubtListeners)
            listener(userIds);
    }
    /** The users whom some node has on its list. */
    async present() {
        const sets = (await this.lease.nodes()).map(redis_presence_rows_1.setOf);
        return (await (0, redis_presence_rows_1.soon)(sets.map((set) => this.redis.run(set, (client) => client.sMembers(set))))).flat();
    }
    renewLease() {
        this.renewing ??= this.lease
            .renew()
            .then((isStillThere) => {
            if (!isStillThere)
                this.mend({ restore: true });
        })
            .finally(() => (this.renewing = undefined));
        return this.renewing;
    }
    async renew() {
        try {
            await this.renewLease();
            for (const node of this.lease.dead)
                await this.clear(node);
        }
        catch {
            // Whoever reads or writes presence is told; the next turn tries again.
        }
    }
    /** Takes away the entries of a node that has died, and has its users looked at. */
    async clear(node) {
        if (!(await this.lease.claim(node)))
            return;
        const set = (0, redis_presence_rows_1.setOf)(node);
        for (;;) {
            const [userIds = []] = await (0, redis_presence_rows_1.soon)([
                this.redis.run(set, (client) => client.sRandMemberCount(set, redis_presence_rows_1.BATCH)),
            ]);
            if (userIds.length === 0)
                break;
            const args = [node, 0, this.ttlMs, this.clock.now(), ...this.lease.dead];
            await (0, redis_presence_rows_1.soon)(userIds.map((userId) => this.run(redis_presence_scripts_1.CONNECTIONS, userId, args)));
            // Before they are off the list: whoever goes on after a failure has them looked at once more.
            this.doubt(userIds);
            await (0, redis_presence_rows_1.soon)([this.redis.run(set, (client) => client.sRem(set, userIds))]);
        }
        await this.lease.forget(node);
        this.log.log(`Node ${node} is gone; who was connected to it counts as gone too`);
    }
    /** After Redis or the bus was away: puts back what is this node's, and tells what was not heard here. */
    mend({ restore }) {
        this.toCatchUp = true;
        this.toRestore ||= restore;
        this.mendOwed();
    }
    mendOwed() {
        if (this.isStopped || (!this.toRestore && !this.toCatchUp && !this.news.owes))
            return;
        this.mending ??= this.mendNow()
            .catch(() => undefined)
            .finally(() => (this.mending = undefined));
    }
    /** What fails is tried again by the next turn. */
    async mendNow() {
        if (this.toRestore || this.toCatchUp)
            await this.renew();
        if (this.toRestore) {
            this.toRestore = false;
            await this.restore().catch((error) => {
                this.toRestore = true;
                throw error;
            });
        }
        if (!this.lease.isSettled)
            return;
        if (this.toCatchUp) {
            this.toCatchUp = false;
            await this.news.catchUp().catch((error) => {
                this.toCatchUp = true;
                throw error;
            });
        }
        else if (this.news.owes)
            await this.news.settle();
    }
    /** Redis may have lost all, and who came or went meanwhile was not noted. */
    async restore() {
        const set = (0, redis_presence_rows_1.setOf)(this.nodeId);
        this.noted.clear();
        const [noted = []] = await (0, redis_presence_rows_1.soon)([this.redis.run(set, (client) => client.sMembers(set))]);
        const gone = noted.filter((userId) => !this.local.has(userId));
        for (const part of (0, redis_presence_rows_1.batches)([...this.local.keys()])) {
            await (0, redis_presence_rows_1.soon)(part.map((userId) => this.restoreUser(userId)));
        }
        for (const part of (0, redis_presence_rows_1.batches)(gone))
            await Promise.all(part.map((userId) => this.count(userId, 0)));
        this.doubt([...gone, ...this.local.keys()]);
    }
    async restoreUser(userId) {
        const size = this.local.get(userId)?.size;
        if (size === undefined)
            return;
        const { status, own } = this.announced.get(userId) ?? presence_store_1.UNSEEN;
        await Promise.all([this.note(userId), this.run(redis_presence_scripts_1.RESTORE, userId, [this.nodeId, size, status, own])]);
    }
}
exports.RedisPresenceStore = RedisPresenceStore;
