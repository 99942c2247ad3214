"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.ParleySocket = void 0;
const protocol_1 = require("../protocol/index.js");
const error_1 = require("./error");
/** Codes of closes that no frame announced. */
const LOST = 1006;
const NO_CODE = 1005;
/** One authenticated connection, from its opening to its end; it does not come back by itself. */
class ParleySocket {
    /** Resolves when the connection has ended, by whomever. */
    closed;
    socket;
    listeners = new Map();
    waiting = new Map();
    tap;
    lastRef = 0;
    failure = '';
    end = null;
    whatReadySaid = null;
    /** Opens a connection; resolves once the server has accepted the token. */
    static connect(options) {
        return new Promise((resolve, reject) => {
            const socket = new ParleySocket(options, reject);
            socket.on('ready', () => resolve(socket));
            void socket.closed.then((end) => reject(socket.lost(end)));
        });
    }
    constructor(options, refused) {
        this.tap = options.tap;
        for (const [event, listener] of Object.entries(options.listeners ?? {})) {
            this.on(event, listener);
        }
        this.socket = open(options);
        this.closed = new Promise((resolve) => {
            this.socket.onclose = ({ code, reason }) => resolve(this.ended(code, reason));
        });
        this.socket.onerror = ({ message }) => {
            if (typeof message === 'string')
                this.failure = message;
        };
        this.socket.onmessage = ({ data }) => this.receive(data);
        if (options.authenticate === 'header')
            return;
        this.socket.onopen = () => {
            this.request('auth', { accessToken: options.accessToken }).catch((error) => {
                refused(error);
                this.close();
            });
        };
    }
    /** Who I am here, and the server's limits. */
    get ready() {
        if (!this.whatReadySaid)
            throw new Error('The connection is not authenticated yet');
        return this.whatReadySaid;
    }
    /** Sends a frame and resolves with the reply's data; rejects with a ParleyError. */
    request(event, ...[data]) {
        return new Promise((resolve, reject) => {
            if (this.end) {
                reject(this.lost(this.end));
                return;
            }
            const ref = ++this.lastRef;
            this.socket.send(JSON.stringify({ event, data, ref }));
            this.waiting.set(ref, { resolve, reject });
        });
    }
    /** Listens to pushes; returns what ends it. A listener must not throw. */
    on(event, listener) {
        const listeners = this.listeners.get(event) ?? new Set();
        this.listeners.set(event, listeners.add(listener));
        return () => listeners.delete(listener);
    }
    close() {
        this.socket.close(1000);
    }
    receive(data) {
        const frame = parseFrame(data);
        if (!frame)
            return;
        this.tap?.(frame);
        if (frame.event === 'reply')
            this.settle(frame);
        else
            this.emit(frame.event, frame.data);
    }
    settle(frame) {
        const ref = Number(frame.ref);
        const waiting = this.waiting.get(ref);
        this.waiting.delete(ref);
        if (frame.ok)
            waiting?.resolve(frame.data);
        else
            waiting?.reject(new error_1.ParleyError(frame.error));
    }
    emit(event, data) {
        if (event === 'ready')
            this.whatReadySaid = data;
        for (const listener of this.listeners.get(event) ?? [])
            listener(data);
    }
    ended(code, reason) {
        const known = code === undefined || code === NO_CODE ? LOST : code;
        this.end = { code: known, reason, advice: (0, protocol_1.closeAdvice)(known) };
        for (const waiting of this.waiting.values())
            waiting.reject(this.lost(this.end));
        this.waiting.clear();
        return this.end;
    }
    lost({ code, reason }) {
        const why = [reason, this.failure].filter(Boolean).join(', ');
        return (0, error_1.connectionLost)(`The connection ended with ${code}${why && `: ${why}`}`);
    }
}
exports.ParleySocket = ParleySocket;
function open(options) {
    const protocols = [options.subprotocol ?? protocol_1.SUBPROTOCOLS.json];
    const url = socketUrl(options.url);
    if (options.authenticate !== 'header')
        return new options.WebSocket(url, protocols);
    const headers = { authorization: `Bearer ${options.accessToken}` };
    return new options.WebSocket(url, protocols, { headers });
}
/** `https://host/` as `wss://host/ws`. */
function socketUrl(url) {
    const base = url.replace(/^http/i, 'ws').replace(/\/+$/, '');
    return base.endsWith(protocol_1.SOCKET_PATH) ? base : base + protocol_1.SOCKET_PATH;
}
// What is no frame of ours is dropped: a server of a later version may say more than we know.
function parseFrame(data) {
    if (typeof data !== 'string')
        return null;
    try {
        const value = JSON.parse(data);
        const isFrame = typeof value === 'object' && value !== null && 'event' in value;
        return isFrame ? value : null;
    }
    catch {
        return null;
    }
}
