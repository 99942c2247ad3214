import { type Closed, ParleyError, ParleySocket, type ServerFrame } from '@parley/client';
import type { SecureContext } from 'node:tls';
import { CLOSE, type Message } from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import { WebSocket } from 'ws';
import { pause } from '../../tools/support/flow';
import { nextSource } from '../load/source';
import type { Tally } from './tally';
import { Timeline } from './timeline';

/** How long a client waits before it tries again, ms: doubled each time, and spread. */
const BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5_000;

export interface TalkerOptions {
  url: string;
  accessToken: string;
  conversationId: string;
  tls: { secureContext: SecureContext };
  tally: Tally;
  /** Told of each message that is new to this client. */
  heard: (message: Message) => void;
}

/** Somebody who writes into one conversation, and always comes back as docs/protocol.md says. */
export class Talker {
  readonly timeline = new Timeline();
  readonly acked = new Map<string, number>();
  private readonly outbox: { id: string; text: string }[] = [];
  private socket: ParleySocket | null = null;
  private cursor: string | undefined;
  private lastSeq = 0;
  /** When it was told to come back, by the monotonic clock. */
  private comeBackAt: number | null = null;
  private catchingUp: Promise<void> | null = null;
  private sending = false;
  private ended = false;

  constructor(private readonly options: TalkerOptions) {}

  get isConnected(): boolean {
    return this.socket !== null;
  }

  /** Whether all that it has said is acknowledged. */
  get isAnswered(): boolean {
    return this.outbox.length === 0;
  }

  /** Says something now, or as soon as it is connected. */
  say(): void {
    // An id of its own, so that a repetition is one.
    this.outbox.push({ id: uuidv7(), text: String(performance.now()) });
    void this.send();
  }

  /** Connects, and again whenever the connection has ended, until `end`. */
  async live(): Promise<void> {
    let attempts = 0;
    let lostAt: number | null = null;
    while (!this.ended) {
      const socket = await this.connect();
      if (!socket) {
        await pause(backoff(attempts++));
        continue;
      }
      attempts = 0;
      if (lostAt !== null) this.options.tally.away(performance.now() - lostAt);
      this.socket = socket;
      void this.comeBack(socket).then(() => this.send());
      const closed = await socket.closed;
      lostAt = performance.now();
      this.socket = null;
      if (this.ended) return;
      this.options.tally.count(this.options.tally.closes, closed.code);
      await pause(this.waitAfter(closed));
    }
  }

  end(): void {
    this.ended = true;
    this.socket?.close();
  }

  private waitAfter({ code, advice }: Closed): number {
    if (advice !== 'reconnect') this.options.tally.problems.push(`a connection was closed with ${code}`);
    const at = this.comeBackAt;
    this.comeBackAt = null;
    return code === CLOSE.draining.code && at !== null ? Math.max(0, at - performance.now()) : backoff(0);
  }

  /** Null when nobody lets it in now. */
  private async connect(): Promise<ParleySocket | null> {
    const { url, accessToken, tls, tally } = this.options;
    this.lastSeq = 0;
    class OverTls extends WebSocket {
      constructor(to: string, protocols: string[], options: { headers: Record<string, string> }) {
        const own = { localAddress: nextSource(), perMessageDeflate: false, skipUTF8Validation: true };
        super(to, protocols, { ...options, ...tls, ...own });
      }
    }
    try {
      return await ParleySocket.connect({
        ...{ url, accessToken, authenticate: 'header', WebSocket: OverTls },
        listeners: {
          'server.draining': ({ reconnectAfterMs }) => {
            this.comeBackAt = performance.now() + reconnectAfterMs;
          },
          'message.created': ({ message }) => this.hear(message),
        },
        tap: (frame) => this.checkOrder(frame),
      });
    } catch (error) {
      tally.count(tally.refusals, (error as Error).message);
      return null;
    }
  }

  /** The numbers of a conversation grow on a connection, and a push comes once. */
  private checkOrder(frame: ServerFrame): void {
    if (frame.event !== 'message.created') return;
    const { tally } = this.options;
    const { seq } = frame.data.message;
    if (seq === this.lastSeq) tally.duplicated++;
    if (seq < this.lastSeq) tally.reordered++;
    this.lastSeq = Math.max(this.lastSeq, seq);
  }

  private hear(message: Message): void {
    this.guard(() => {
      if (this.timeline.hear(message)) this.options.heard(message);
    });
    if (this.timeline.isBehind && this.socket) void this.catchUp(this.socket);
  }

  private async comeBack(socket: ParleySocket): Promise<void> {
    try {
      for (let more = true; more;) {
        const page = await socket.request('sync', this.cursor === undefined ? {} : { cursor: this.cursor });
        ({ cursor: this.cursor, more } = page);
      }
      await this.catchUp(socket);
    } catch (error) {
      this.failed(error);
    }
  }

  /** One at a time: what is missed meanwhile is asked for at its end. */
  private catchUp(socket: ParleySocket): Promise<void> {
    this.catchingUp ??= this.readChanges(socket)
      .catch((error: unknown) => this.failed(error))
      .finally(() => (this.catchingUp = null));
    return this.catchingUp;
  }

  private async readChanges(socket: ParleySocket): Promise<void> {
    for (let more = true; more;) {
      const changes = await socket.request('changes', this.timeline.position(this.options.conversationId));
      this.guard(() => {
        for (const message of changes.messages) if (this.timeline.take(message)) this.options.heard(message);
        this.timeline.caughtUp(changes);
      });
      more = changes.more || this.timeline.isBehind;
    }
  }

  /** One after the other: the next goes when the one before is acknowledged. */
  private async send(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    const { conversationId, tally } = this.options;
    while (this.outbox[0] && this.socket) {
      const { id, text } = this.outbox[0];
      try {
        const { message } = await this.socket.request('message.send', { id, conversationId, text });
        this.outbox.shift();
        tally.acked++;
        this.acked.set(id, message.seq);
        this.hear(message);
      } catch (error) {
        this.failed(error);
        await pause(backoff(0));
      }
    }
    this.sending = false;
  }

  private failed(error: unknown): void {
    const { tally } = this.options;
    if (error instanceof ParleyError && error.retryable) tally.count(tally.failures, error.code);
    else tally.problems.push(String(error));
  }

  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.failed(error);
    }
  }
}

function backoff(attempts: number): number {
  return Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** attempts) * (0.5 + Math.random() / 2);
}
