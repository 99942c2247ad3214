"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.NODES_CHANNEL = exports.NodeBus = exports.BusStats = void 0;
exports.userChannel = userChannel;
exports.groupChannel = groupChannel;
/** What a bus has done since the start. */
class BusStats {
    /** Messages, one for each node that was told. */
    published = 0;
    received = 0;
    /** Not sent, or not understood. */
    dropped = 0;
    /** How often it began to listen anew, after it could not. */
    resubscribed = 0;
    /** How long the last publish that was looked at took to be answered. */
    lagSeconds = 0;
}
exports.BusStats = BusStats;
/** Carries messages from this node to the others; a hint that may be lost, never the truth. */
class NodeBus {
    stats = new BusStats();
}
exports.NodeBus = NodeBus;
/** The channel to which every node listens: of what each must act on, whoever is connected to it. */
exports.NODES_CHANNEL = 'nodes';
/** The channel of what concerns a user. */
function userChannel(userId) {
    return `u:${userId}`;
}
/** The channel of a conversation of many members. */
function groupChannel(conversationId) {
    return `g:${conversationId}`;
}
