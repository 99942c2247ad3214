"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.REDIS = void 0;
exports.connectRedis = connectRedis;
exports.subscriberOf = subscriberOf;
exports.closeRedis = closeRedis;
const common_1 = require("@nestjs/common");
const redis_1 = require("redis");
/** Injects the Redis client, or null without REDIS_URL. */
exports.REDIS = Symbol('REDIS');
/** How long the start waits for Redis before it goes on without. */
const CONNECT_MS = 2_000;
const CLOSE_MS = 1_000;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1_000;
/** Commands that may wait for replies; beyond, they fail at once. */
const MAX_COMMANDS = 100_000;
/**
 * Connects, or goes on trying in the background when Redis cannot be reached now.
 *
 * While it cannot, commands fail at once instead of piling up.
 */
async function connectRedis(url) {
    const client = makeClient(url);
    logOutages(client);
    // Rejects only when the client is closed while it still tries.
    const connected = client.connect().catch(() => undefined);
    await within(CONNECT_MS, connected);
    return client;
}
/** A connection of its own for subscriptions, to the same Redis; connects like the first. */
async function subscriberOf(client) {
    const subscriber = client.duplicate();
    // The first connection tells of outages.
    subscriber.on('error', () => undefined);
    const connected = subscriber.connect().catch(() => undefined);
    if (client.isReady)
        await within(CONNECT_MS, connected);
    return subscriber;
}
/** Lets commands in flight end, but not for long. */
async function closeRedis(client) {
    if (client.isReady)
        await within(CLOSE_MS, client.close().catch(() => undefined));
    if (client.isOpen)
        client.destroy();
}
function makeClient(url) {
    return (0, redis_1.createClient)({
        url,
        // The default of 5 s per command costs two thirds of the throughput.
        commandOptions: { timeout: undefined },
        commandsQueueMaxLength: MAX_COMMANDS,
        disableOfflineQueue: true,
        socket: { reconnectStrategy: (retries) => retryAfterMs(retries) },
    });
}
/** Doubles from one try to the next, with a jitter, so that nodes do not come back all at once. */
function retryAfterMs(retries) {
    const delay = Math.min(RETRY_MIN_MS * 2 ** Math.min(retries, 10), RETRY_MAX_MS);
    return Math.round(delay * (0.75 + Math.random() / 2));
}
/** Every failed try to connect is an error event; an outage is told when it begins and when it ends. */
function logOutages(client) {
    const log = new common_1.Logger('Redis');
    let out = false;
    client.on('error', (error) => {
        if (out)
            return;
        out = true;
        log.error(`Redis cannot be reached, going on without: ${describe(error)}`);
    });
    client.on('ready', () => {
        if (out)
            log.log('Redis is back');
        out = false;
    });
}
// Node's error for several addresses tried (IPv4 and IPv6) has no message of its own.
function describe(error) {
    return error.message || error.code || error.name;
}
async function within(milliseconds, promise) {
    let timer;
    const timeout = new Promise((resolve) => (timer = setTimeout(resolve, milliseconds)));
    await Promise.race([promise, timeout]);
    clearTimeout(timer);
}
