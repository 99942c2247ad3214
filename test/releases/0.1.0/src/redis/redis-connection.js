"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.RedisConnection = exports.ANSWER_MS = void 0;
exports.askOnce = askOnce;
exports.within = within;
const redis_1 = require("redis");
/** A Redis that has not answered for so long is given up. */
exports.ANSWER_MS = 2_000;
const PING_MS = 1_000;
const CLOSE_MS = 1_000;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1_000;
/** Commands that may wait for replies; beyond, they fail at once. */
const MAX_COMMANDS = 100_000;
/**
 * One connection to a Redis, with a new client each time it breaks or does not answer any more.
 *
 * The client's own reconnect waits without end for a Redis that hangs, and for one whose host has vanished
 * until TCP gives up; and it repeats subscriptions that may belong to another node by then.
 */
class RedisConnection {
    url;
    events;
    /** Null while there is none that answers. */
    client = null;
    latest = null;
    failures = 0;
    heardOf = 0;
    isClosed = false;
    timer;
    constructor(url, events = {}) {
        this.url = url;
        this.events = events;
        void this.open();
    }
    /** Notes a sign of life: what is busy sending may be late with an answer. */
    heard() {
        this.heardOf++;
    }
    /** Gives the client up for a new one, as if it had broken. */
    renew() {
        if (this.client)
            this.lose(this.client, new Error('made anew'));
    }
    /** Lets commands in flight end, but not for long. */
    async close() {
        this.isClosed = true;
        clearTimeout(this.timer);
        const { client, latest } = this;
        this.client = null;
        if (client)
            await within(CLOSE_MS, client.close()).catch(() => undefined);
        latest?.destroy();
    }
    async open() {
        const client = makeClient(this.url);
        this.latest = client;
        client.on('error', (error) => this.lose(client, error));
        try {
            await within(exports.ANSWER_MS, client.connect());
        }
        catch (error) {
            this.lose(client, error);
            return;
        }
        if (this.latest !== client || this.isClosed)
            return;
        this.client = client;
        this.failures = 0;
        this.events.ready?.(client);
        this.ping(client);
    }
    ping(client) {
        const { heardOf } = this;
        within(exports.ANSWER_MS, client.ping())
            .catch((error) => {
            if (this.heardOf === heardOf)
                this.lose(client, error);
        })
            .finally(() => {
            if (this.latest === client && !this.isClosed) {
                this.timer = setTimeout(() => this.ping(client), PING_MS).unref();
            }
        });
    }
    lose(client, error) {
        if (this.latest !== client || this.isClosed)
            return;
        this.latest = this.client = null;
        clearTimeout(this.timer);
        // What waits for its answer is rejected.
        client.destroy();
        this.timer = setTimeout(() => void this.open(), retryAfterMs(this.failures++)).unref();
        this.events.lost?.(error);
    }
}
exports.RedisConnection = RedisConnection;
/** A client that does not come back by itself. */
function makeClient(url) {
    return (0, redis_1.createClient)({
        url,
        // The default of 5 s per command costs two thirds of the throughput.
        commandOptions: { timeout: undefined },
        commandsQueueMaxLength: MAX_COMMANDS,
        disableOfflineQueue: true,
        maintNotifications: 'disabled',
        socket: { reconnectStrategy: false },
    });
}
/** Asks one Redis something over a connection that is closed again. */
async function askOnce(url, ask, patienceMs = exports.ANSWER_MS) {
    const client = makeClient(url);
    client.on('error', () => undefined);
    try {
        return await within(patienceMs, client.connect().then(() => ask(client)));
    }
    finally {
        client.destroy();
    }
}
/** Rejects when there is no answer by then, having looked at what has arrived. */
async function within(milliseconds, answer) {
    let timer;
    const late = new Promise((_, reject) => {
        const giveUp = () => reject(new Error(`no answer within ${milliseconds} ms`));
        // Of a process that was busy for so long the answer may be here, unread.
        timer = setTimeout(() => setImmediate(giveUp), milliseconds);
    });
    try {
        return await Promise.race([answer, late]);
    }
    finally {
        clearTimeout(timer);
    }
}
/** Doubles from one try to the next, with a jitter, so that nodes do not come back all at once. */
function retryAfterMs(failures) {
    const delay = Math.min(RETRY_MIN_MS * 2 ** Math.min(failures, 10), RETRY_MAX_MS);
    return Math.round(delay * (0.75 + Math.random() / 2));
}
