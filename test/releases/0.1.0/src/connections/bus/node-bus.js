"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.NodeBus = void 0;
exports.userChannel = userChannel;
exports.groupChannel = groupChannel;
/** Carries messages from this node to the others; a hint that may be lost, never the truth. */
class NodeBus {
}
exports.NodeBus = NodeBus;
/** The channel of what concerns a user. */
function userChannel(userId) {
    return `u:${userId}`;
}
/** The channel of a conversation of many members. */
function groupChannel(conversationId) {
    return `g:${conversationId}`;
}
