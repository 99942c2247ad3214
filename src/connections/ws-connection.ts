import { CLOSE, type CloseInfo, type Encoding } from '@parley/protocol';
import type { WebSocket } from 'ws';
import type { Identity } from './authenticator';
import type { Connection } from './connection';
import type { Frame } from './frame';

/** How long a client may take to answer a close before its socket is cut. */
const CLOSE_GRACE_MS = 5_000;

/** A connection over one WebSocket. */
export class WsConnection implements Connection {
  readonly userId: string;
  readonly sessionId: string;
  /** Milliseconds since 1970 at which its access token ends. */
  expiresAt: number;
  /** Pings sent since the client was last heard. */
  pingsMissed = 0;
  private ended = false;

  constructor(
    readonly id: string,
    identity: Identity,
    readonly encoding: Encoding,
    private readonly socket: WebSocket,
    /** Bytes that may wait to be written; ephemeral frames are dropped from half of that on. */
    private readonly outQueueBytes: number,
  ) {
    this.userId = identity.userId;
    this.sessionId = identity.sessionId;
    this.expiresAt = identity.expiresAt;
  }

  /** Whether the server has ended it; what its client still sends counts no more. */
  get closed(): boolean {
    return this.ended;
  }

  send(frame: Frame): void {
    if (this.ended || this.socket.readyState !== this.socket.OPEN) return;
    const waiting = this.socket.bufferedAmount;
    if (waiting > 0) {
      if (frame.ephemeral && waiting > this.outQueueBytes / 2) return;
      if (waiting > this.outQueueBytes) {
        // Behind what waits: if it reads on after all, it gets that and the reason.
        this.close(CLOSE.slowConsumer);
        return;
      }
    }
    this.socket.send(frame.bytes(this.encoding), { binary: this.encoding === 'msgpack' }, ignoreWriteError);
  }

  ping(): void {
    // Of a client that is held back nothing is read: its pong waits in front of us.
    if (!this.socket.isPaused) this.pingsMissed++;
    if (this.socket.readyState === this.socket.OPEN) this.socket.ping(undefined, undefined, ignoreWriteError);
  }

  heard(): void {
    this.pingsMissed = 0;
  }

  close(reason: CloseInfo): void {
    if (this.ended) return;
    this.ended = true;
    this.socket.close(reason.code, reason.reason);
    setTimeout(() => this.socket.terminate(), CLOSE_GRACE_MS).unref();
  }

  /** Cuts the socket without waiting for the client, which is not there or does not read. */
  terminate(reason: CloseInfo): void {
    if (this.ended) return;
    this.ended = true;
    this.socket.close(reason.code, reason.reason);
    this.socket.terminate();
  }
}

// A failed write is followed by the socket's close event, which is where it is dealt with.
function ignoreWriteError(): void {}
