"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.RedisListener = void 0;
const hash_slot_1 = require("../../redis/hash-slot");
const redis_1 = require("../../redis/redis");
const redis_connection_1 = require("../../redis/redis-connection");
/** After Redis has refused to let it listen. */
const RETRY_MS = 250;
/** Listens to one channel, at whichever Redis answers for it now, over a connection of its own. */
class RedisListener {
    redis;
    channel;
    events;
    isUp = false;
    slot;
    url;
    connection;
    timer;
    isClosed = false;
    constructor(redis, channel, events) {
        this.redis = redis;
        this.channel = channel;
        this.events = events;
        this.slot = (0, hash_slot_1.hashSlot)(channel);
        redis.onMove(() => this.follow());
        this.follow();
    }
    close() {
        this.isClosed = true;
        return this.leave();
    }
    async leave() {
        clearTimeout(this.timer);
        const { connection } = this;
        this.connection = undefined;
        await connection?.close();
    }
    follow() {
        const url = this.redis.ownerOf(this.slot);
        if (url === this.url || this.isClosed)
            return;
        this.url = url;
        void this.leave();
        if (this.isUp)
            this.lost(new Error('another Redis answers for it'));
        if (url === undefined)
            return;
        const connection = new redis_connection_1.RedisConnection(url, {
            ready: (client) => {
                // The client may not notice when it happens while it waits for an answer; `follow` does.
                client.on('sharded-channel-moved', () => void this.moved(connection));
                void this.begin(connection, client);
            },
            lost: (error) => this.lost(error),
        });
        this.connection = connection;
    }
    async begin(connection, client) {
        const receive = (payload) => {
            connection.heard();
            this.events.receive(payload);
        };
        try {
            await client.sSubscribe(this.channel, receive, true);
        }
        catch (error) {
            if (this.connection !== connection || connection.client !== client)
                return;
            this.events.down(error);
            if ((0, redis_1.isRedirection)(error))
                void this.redis.look();
            // A client that was refused once may take itself for subscribed.
            this.timer = setTimeout(() => connection.renew(), RETRY_MS).unref();
            return;
        }
        if (this.connection !== connection || connection.client !== client)
            return;
        this.isUp = true;
        this.events.up();
    }
    /** It may be answered for by the same one again by the time of the look. */
    async moved(connection) {
        await this.redis.look();
        if (this.connection === connection)
            connection.renew();
    }
    lost(error) {
        clearTimeout(this.timer);
        this.isUp = false;
        this.events.down(error);
    }
}
exports.RedisListener = RedisListener;
