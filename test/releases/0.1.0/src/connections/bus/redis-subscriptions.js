"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.RedisSubscriptions = void 0;
const redis_1 = require("../../redis/redis");
const redis_connection_1 = require("../../redis/redis-connection");
const redis_buckets_1 = require("./redis-buckets");
/** Between looks at which channels to join and leave. */
const BATCH_MS = 5;
/** After Redis has refused to. */
const RETRY_MS = 250;
/**
 * What a node listens to at one Redis, over a connection of its own.
 *
 * A new connection begins with nothing and asks for what is wanted then. Channels that share a command are of
 * one bucket, because a cluster takes only those of one slot together.
 */
class RedisSubscriptions {
    nameOf;
    events;
    /** Whether all that was wanted when it connected is subscribed to. */
    isWhole = false;
    connection;
    joined = new Set();
    changed = new Set();
    timer;
    changing = null;
    constructor(url, nameOf, events) {
        this.nameOf = nameOf;
        this.events = events;
        this.connection = new redis_connection_1.RedisConnection(url, {
            ready: (client) => this.begin(client),
            lost: (error) => {
                this.isWhole = false;
                events.failed(error);
            },
        });
    }
    /** Has a look at whether a channel is to be joined or left, soon. */
    change(channel) {
        // The next connect asks for everything.
        if (!this.connection.client)
            return;
        this.changed.add(channel);
        this.changeLater(BATCH_MS);
    }
    /** Begins anew: some channels are another's now. */
    renew() {
        this.connection.renew();
    }
    close() {
        clearTimeout(this.timer);
        return this.connection.close();
    }
    begin(client) {
        // The client may not notice when it happens while it waits for an answer; the look at who answers for what does.
        client.on('sharded-channel-moved', () => this.events.moved());
        this.joined.clear();
        this.changed.clear();
        for (const channel of this.events.wanted())
            this.changed.add(channel);
        this.changing = null;
        void this.changeAll(client);
    }
    changeLater(ms) {
        this.timer ??= setTimeout(() => {
            this.timer = undefined;
            if (this.connection.client)
                void this.changeAll(this.connection.client);
        }, ms).unref();
    }
    async changeAll(client) {
        if (this.changing || this.connection.client !== client)
            return;
        this.changing = client;
        try {
            while (this.changed.size > 0 && this.connection.client === client)
                await this.changeSome(client);
        }
        catch (error) {
            if (this.connection.client !== client)
                return;
            this.events.failed(error);
            if ((0, redis_1.isRedirection)(error))
                this.events.moved();
            this.changing = null;
            this.changeLater(RETRY_MS);
            return;
        }
        if (this.connection.client !== client)
            return;
        this.changing = null;
        if (this.isWhole)
            return;
        this.isWhole = true;
        this.events.subscribed();
    }
    /** One command for each bucket in which something has changed, all under way at once. */
    async changeSome(client) {
        const batch = [...this.changed];
        this.changed.clear();
        const leave = batch.filter((channel) => !this.events.wants(channel) && this.joined.has(channel));
        const join = batch.filter((channel) => this.events.wants(channel) && !this.joined.has(channel));
        // Noted at once, as the client does not tell which of them failed; it is asked again for all.
        try {
            await Promise.all([
                ...this.commands(leave, (names) => client.sUnsubscribe(names, this.receive, true)),
                ...this.commands(join, (names) => client.sSubscribe(names, this.receive, true)),
            ]);
        }
        catch (error) {
            for (const channel of batch)
                this.changed.add(channel);
            throw error;
        }
        for (const channel of leave)
            this.joined.delete(channel);
        for (const channel of join)
            this.joined.add(channel);
        if (join.length > 0)
            this.events.joined(join);
    }
    commands(channels, send) {
        const buckets = new Map();
        for (const channel of channels) {
            const bucket = (0, redis_buckets_1.bucketOf)(channel);
            const names = buckets.get(bucket);
            if (names)
                names.push(this.nameOf(channel));
            else
                buckets.set(bucket, [this.nameOf(channel)]);
        }
        return [...buckets.values()].map(send);
    }
    receive = (payload) => {
        this.connection.heard();
        this.events.receive(payload);
    };
}
exports.RedisSubscriptions = RedisSubscriptions;
