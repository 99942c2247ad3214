"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.PresenceNews = void 0;
const lru_cache_1 = require("lru-cache");
const presence_store_1 = require("./presence-store");
/** Users of whom it is known what this node was told last; of others it is told once more at worst. */
const MAX_TOLD = 200_000;
const MAX_UNKNOWN = 100_000;
const BATCH = 500;
/** What this node was told of whom, by itself and by others; tells what it has not heard. */
class PresenceNews {
    stored;
    listeners = [];
    /** Without those who are as nobody needs to be told. */
    told = new lru_cache_1.LRUCache({ max: MAX_TOLD });
    /** Users of whom somebody here was told that nobody knows. */
    unknown = new Set();
    /** Who was told of while the store is being read: that is newer than what was read. */
    newer = null;
    hasRead = false;
    constructor(stored) {
        this.stored = stored;
    }
    /** Whether somebody waits to hear what could not be told. */
    get owes() {
        return this.unknown.size > 0;
    }
    onChange(listener) {
        this.listeners.push(listener);
    }
    tell(changes) {
        for (const { userId, status, own } of changes) {
            this.newer?.add(userId);
            this.unknown.delete(userId);
            if (isSame({ status, own }, presence_store_1.UNSEEN))
                this.told.delete(userId);
            else
                this.told.set(userId, { status, own });
        }
        if (changes.length > 0)
            for (const listener of this.listeners)
                listener(changes);
    }
    toldUnknown(userIds) {
        for (const userId of userIds)
            if (this.unknown.size < MAX_UNKNOWN)
                this.unknown.add(userId);
    }
    /** Tells how those are now of whom nobody knew. One reading at a time, of this or of `catchUp`. */
    settle() {
        return this.compare([...this.unknown]);
    }
    /** Tells what differs from what was told; before anything was, it only takes note. */
    async catchUp() {
        const userIds = new Set([...(await this.stored.present()), ...this.told.keys(), ...this.unknown]);
        await this.compare([...userIds]);
        this.hasRead = true;
    }
    async compare(userIds) {
        for (let i = 0; i < userIds.length; i += BATCH) {
            const part = userIds.slice(i, i + BATCH);
            const newer = (this.newer = new Set());
            const records = await this.stored.read(part).finally(() => (this.newer = null));
            this.tellDifferences(part.filter((userId) => !newer.has(userId)), records);
        }
    }
    tellDifferences(userIds, records) {
        const changes = [];
        for (const userId of userIds) {
            const record = records.get(userId);
            const now = record?.announced ?? presence_store_1.UNSEEN;
            const told = this.told.get(userId) ?? presence_store_1.UNSEEN;
            const toOthers = now.status !== told.status || this.unknown.has(userId);
            const change = { userId, ...now, lastSeenAt: record?.lastSeenAt ?? null };
            if (toOthers || now.own !== told.own)
                changes.push({ ...change, toOthers, toSelf: now.own !== told.own });
        }
        if (this.hasRead)
            this.tell(changes);
        else
            this.takeNote(changes);
    }
    /** Of what was so before this node was there; who was told that nobody knows is told now. */
    takeNote(changes) {
        const owed = changes.filter(({ userId }) => this.unknown.has(userId));
        for (const { userId, status, own } of changes)
            this.told.set(userId, { status, own });
        this.tell(owed);
    }
}
exports.PresenceNews = PresenceNews;
function isSame(a, b) {
    return a.status === b.status && a.own === b.own;
}
