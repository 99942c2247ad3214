"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.SUBPROTOCOLS = exports.SOCKET_PATH = void 0;
/** Where the server listens for sockets. */
exports.SOCKET_PATH = '/ws';
/** Subprotocols by encoding; without one a connection speaks JSON. */
exports.SUBPROTOCOLS = {
    json: 'parley.v1',
    msgpack: 'parley.v1.msgpack',
};
