import {
  type Closed,
  ParleyError,
  type ParleyRest,
  ParleySocket,
  type ServerFrame,
  type WebSocketConstructor,
} from '@parley/client';
import type { Message } from '@parley/protocol';
import { WebSocket } from 'ws';
import { type Account, isPassing, renew } from '../accounts/register';
import { pause } from '../support/flow';
import type { ConnectionLog } from './connection-log';
import { ConversationReader } from './conversation-reader';
import type { Device } from './device';
import type { Random } from './random';
import { Replica, type StoredReplica } from './replica';
import { Trace } from './trace';

/** What a client needs of the world. */
export interface Surroundings {
  readonly name: string;
  readonly account: Account;
  /** The server's address, by the client's own road. */
  readonly url: string;
  /** As nobody yet. */
  readonly rest: ParleyRest;
  readonly random: Random;
  /** A connection begins. */
  opened(): ConnectionLog;
  /** A connection has ended that this client did not end. */
  closed(end: Closed): void;
  /** Tells of an answer that must not come. */
  readonly complain: (sentence: string) => void;
}

const PING_MS = 2_000;
/** A server that is stopped for some seconds is waited for; a dead connection is not. */
const DEAD_MS = 8_000;
const HANDSHAKE_MS = 8_000;
const RENEW_BEFORE_MS = 90_000;
const LONGEST_WAIT_MS = 1_000;

/** A client as docs/protocol.md wants it: it comes back, catches up, and merges what it is told. */
export class ModelClient implements Device {
  readonly trace = new Trace();
  /** What it holds; another one after it was started again. */
  replica: Replica;
  /** When the last frame came. */
  heardAt = performance.now();
  private reader: ConversationReader | null = null;
  private wire: { socket: ParleySocket; raw: WebSocket } | null = null;
  private waiting: ((socket: ParleySocket) => void)[] = [];
  private running: Promise<void> | null = null;
  private stopping = false;
  private endedByUs = false;
  /** How long a server that stops wants to be waited for. */
  /** When to come back to a server that has said it is going. */
  private comeBackAt = 0;

  constructor(private readonly around: Surroundings) {
    this.replica = new Replica(around.account.userId);
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.cutOff();
    await this.running;
  }

  stored(): string {
    return JSON.stringify(this.replica);
  }

  restart(stored: string | null): void {
    const { userId } = this;
    this.replica =
      stored === null ? new Replica(userId) : Replica.restore(userId, JSON.parse(stored) as StoredReplica);
    this.reader?.end();
    this.reader = null;
    this.cutOff();
  }

  /** The connection, as soon as there is one. */
  socket(): Promise<ParleySocket> {
    if (this.wire) return Promise.resolve(this.wire.socket);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** It holds everything at any time. */
  async scroll(): Promise<void> {}

  async readAll(): Promise<void> {}

  get rest(): ParleyRest {
    return this.around.rest.as(this.around.account.accessToken);
  }

  get name(): string {
    return this.around.name;
  }

  get userId(): string {
    return this.around.account.userId;
  }

  /** Whether it is connected, has caught up, and nothing is under way. */
  get isSettled(): boolean {
    if (this.wire === null || this.reader === null || this.reader.isBusy) return false;
    return [...this.replica.conversations.values()].every((held) => !held.needsReading);
  }

  private cutOff(): void {
    this.endedByUs = true;
    this.wire?.raw.terminate();
  }

  private async run(): Promise<void> {
    for (let failures = 0; !this.stopping;) {
      try {
        await this.session();
        failures = 0;
      } catch (error) {
        if (!(error instanceof ParleyError)) throw error;
        failures++;
      }
      if (this.stopping) return;
      const longest = Math.min(LONGEST_WAIT_MS, 50 * 2 ** failures);
      const untilToldMs = this.comeBackAt - performance.now();
      await pause(untilToldMs > 0 ? untilToldMs : this.around.random.between(20, longest));
    }
  }

  /** One connection, from its opening to its end. */
  private async session(): Promise<void> {
    const { account, rest } = this.around;
    if (account.expiresAt < Date.now() + RENEW_BEFORE_MS) await renew(account, rest);
    const wire = await this.connect();
    if (this.stopping) {
      wire.raw.terminate();
      return;
    }
    this.endedByUs = false;
    this.wire = wire;
    const stopPinging = this.keepAlive(wire.raw);
    for (const resolve of this.waiting.splice(0)) resolve(wire.socket);
    const caughtUp = this.catchUp(wire.socket);
    const end = await wire.socket.closed;
    stopPinging();
    this.wire = null;
    await caughtUp;
    this.reader?.end();
    this.reader = null;
    if (!this.endedByUs) this.around.closed(end);
    if (end.advice === 'refresh') await renew(account, rest);
  }

  private async connect(): Promise<{ socket: ParleySocket; raw: WebSocket }> {
    const { WebSocket: Captured, captured } = capturing();
    const log = this.around.opened();
    const opening = ParleySocket.connect({
      url: this.around.url,
      accessToken: this.around.account.accessToken,
      authenticate: 'header',
      WebSocket: Captured,
      tap: (frame) => this.receive(frame, log),
    });
    // The server may accept the upgrade and die before it says that it is ready.
    const tooLong = setTimeout(() => captured().terminate(), HANDSHAKE_MS);
    const socket = await opening.finally(() => clearTimeout(tooLong));
    return { socket, raw: captured() };
  }

  /** Takes a frame in before anybody else sees it: the next one may be in the same packet. */
  private receive(frame: ServerFrame, log: ConnectionLog): void {
    this.heardAt = performance.now();
    log.frame(frame);
    if (this.endedByUs) return;
    this.trace.frame(frame);
    if (frame.event === 'server.draining') this.comeBackAt = performance.now() + frame.data.reconnectAfterMs;
    if (frame.event === 'session.ending') void this.renewInPlace().catch(() => undefined); // the close tells
    this.replica.receive(frame);
    const about = frame.event === 'reply' ? frame.ok && frame.data : frame.data;
    const { message, conversationId } = (about || {}) as { message?: Message; conversationId?: string };
    const id = message?.conversationId ?? conversationId;
    if (id !== undefined) this.reader?.look(id);
  }

  private async catchUp(socket: ParleySocket): Promise<void> {
    const { replica, trace, around } = this;
    try {
      for (;;) {
        try {
          await this.sync(socket, replica);
          break;
        } catch (error) {
          if (error instanceof ParleyError && error.code === 'cursor_invalid') {
            around.complain('sync refused a cursor of this server');
            this.replica.conversations.clear();
            this.replica.cursor = null;
          } else if (!isPassing(error)) throw error;
          await pause(100);
        }
      }
      if (this.wire?.socket !== socket || this.replica !== replica) return;
      const { random, complain } = around;
      this.reader = new ConversationReader({ socket, replica, trace, rest: this.rest, random, complain });
      for (const id of replica.conversations.keys()) this.reader.look(id);
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      // What refuses a sync for good closes the connection too, or is found as what is missing.
    }
  }

  /** Reads what has changed in the list of conversations; pages are taken in as they arrive. */
  private async sync(socket: ParleySocket, replica: Replica): Promise<void> {
    // What is written in while pages are read moves to the front, and is on none that follows.
    while ((await this.readPages(socket, replica)) > 1);
  }

  /** How many pages there were. */
  private async readPages(socket: ParleySocket, replica: Replica): Promise<number> {
    const limit = this.around.random.pick([2, 10, 50]) ?? 50;
    replica.syncBegins();
    let cursor = replica.cursor ?? undefined;
    for (let pages = 1; ; pages++) {
      const page = await socket.request('sync', { cursor, limit });
      cursor = page.cursor;
      for (const { id, version } of page.conversations) this.trace.note(id, `sync version ${version}`);
      if (page.more) continue;
      replica.cursor = cursor;
      return pages;
    }
  }

  private async renewInPlace(): Promise<void> {
    const { account, rest } = this.around;
    await renew(account, rest);
    await this.wire?.socket.request('auth.refresh', { accessToken: account.accessToken });
  }

  /** Notices a connection on which nothing passes; returns what ends it. */
  private keepAlive(raw: WebSocket): () => void {
    let answeredAt = performance.now();
    raw.on('pong', () => (answeredAt = performance.now()));
    const timer = setInterval(() => {
      if (performance.now() - answeredAt > DEAD_MS) this.cutOff();
      else if (raw.readyState === WebSocket.OPEN) raw.ping();
    }, PING_MS);
    return () => clearInterval(timer);
  }
}

/** A WebSocket that can be had afterwards: to be pinged, and to be cut off. */
function capturing(): { WebSocket: WebSocketConstructor; captured: () => WebSocket } {
  const made: WebSocket[] = [];
  class Captured extends WebSocket {
    constructor(url: string, protocols: string[], options: { headers: Record<string, string> }) {
      super(url, protocols, { ...options, perMessageDeflate: false, handshakeTimeout: HANDSHAKE_MS });
      made.push(this);
    }
  }
  const captured = () => {
    const [socket] = made;
    if (!socket) throw new Error('No socket has been made');
    return socket;
  };
  return { WebSocket: Captured, captured };
}
