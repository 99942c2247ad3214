"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.BATCH = void 0;
exports.keyOf = keyOf;
exports.setOf = setOf;
exports.toRecord = toRecord;
exports.batches = batches;
exports.soon = soon;
const redis_connection_1 = require("../redis/redis-connection");
const presence_store_1 = require("./presence-store");
const PREFIX = 'parley:presence:';
/** Users handled by one pipeline. */
exports.BATCH = 500;
/** What is known of a user: a hash, whose fields the scripts explain. */
function keyOf(userId) {
    return `${PREFIX}user:${userId}`;
}
/** The list of the users for whom a node answers: another goes through it when the node dies. */
function setOf(nodeId) {
    return `${PREFIX}node:${nodeId}`;
}
/** Null: nothing is stored. Nodes that are dead do not count. */
function toRecord(row, now, dead) {
    if (Object.keys(row).length === 0)
        return null;
    const until = Number(row.until ?? 0);
    const chosen = now < until ? (row.chosen ?? null) : null;
    return {
        connected: nodesOf(row).some((node) => !dead.includes(node)),
        chosen,
        chosenUntil: chosen && until,
        lastSeenAt: row.seen ? Number(row.seen) : null,
        announced: {
            status: row.status ?? presence_store_1.UNSEEN.status,
            own: row.own ?? presence_store_1.UNSEEN.own,
        },
    };
}
function nodesOf(row) {
    return Object.keys(row).flatMap((field) => (field.startsWith('n:') ? [field.slice(2)] : []));
}
function* batches(userIds) {
    for (let i = 0; i < userIds.length; i += exports.BATCH)
        yield userIds.slice(i, i + exports.BATCH);
}
/** Waits for answers, but not for a Redis that hangs. */
function soon(answers) {
    return (0, redis_connection_1.within)(redis_connection_1.ANSWER_MS, Promise.all(answers));
}
