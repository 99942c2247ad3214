"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.readTopology = readTopology;
exports.topologyOf = topologyOf;
const hash_slot_1 = require("./hash-slot");
const redis_connection_1 = require("./redis-connection");
/** Asks a Redis that may be one of a cluster, over a connection of its own. */
function readTopology(url) {
    return (0, redis_connection_1.askOnce)(url, (client) => topologyOf(client, url));
}
/** Asks over a connection that is there; `url` is that of the Redis at its end. */
async function topologyOf(client, url) {
    try {
        const ranges = await (0, redis_connection_1.within)(redis_connection_1.ANSWER_MS, client.clusterSlots());
        const owners = new Array(hash_slot_1.SLOTS).fill(undefined);
        for (const { from, to, master } of ranges)
            owners.fill(urlOf(url, master), from, to + 1);
        return { isCluster: true, owners };
    }
    catch (error) {
        if (!saysSingle(error))
            throw error;
        return { isCluster: false, owners: new Array(hash_slot_1.SLOTS).fill(url) };
    }
}
/** What hosted ones that are no cluster say may differ: the command may be unknown there, or forbidden. */
function saysSingle(error) {
    return /cluster support disabled|unknown command|NOPERM/i.test(String(error));
}
/** Another node of the same cluster, reached alike; one that does not know its own name is where it was asked. */
function urlOf(url, { host, port }) {
    const made = new URL(url);
    if (host && host !== '?')
        made.hostname = host.includes(':') ? `[${host}]` : host;
    made.port = String(port);
    return made.href;
}
