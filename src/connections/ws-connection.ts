import type { Socket } from 'node:net';
import { CLOSE, type CloseInfo, type Encoding } from '@parley/protocol';
import type { WebSocket } from 'ws';
import type { Counts } from '../metrics/counts';
import type { Identity } from './authenticator';
import { closeSocket } from './close-socket';
import type { Connection } from './connection';
import type { Frame } from './frame';
import type { WriteQueue } from './write-queue';

/** Frames that wait for the end of their turn. */
const MAX_PENDING_BYTES = 65_536;

/** The bounds of what waits for a socket. */
export interface OutQueue {
  /** Bytes that may wait to be written; ephemeral frames are dropped from half of that on. */
  readonly bytes: number;
  /** Called when something begins to wait: somebody has to look whether it still moves. */
  watch(connection: WsConnection): void;
  /** What was sent in one turn leaves together. */
  readonly writes: WriteQueue;
  /** What has been written, by event. */
  readonly sent: Counts;
}

/** A connection over one WebSocket. */
export class WsConnection implements Connection {
  readonly userId: string;
  /** Another one only where an outside issuer makes a session of each token. */
  sessionId: string;
  /** Milliseconds since 1970 at which its access token ends. */
  expiresAt: number;
  /** Pings sent since the client was last heard. */
  pingsMissed = 0;
  /** The code that the server has ended it with. */
  closedWith: number | undefined;
  private ended = false;
  private watched = false;
  /** Bytes that the operating system had taken at the last look at the queue. */
  private taken = 0;
  /** Frames of this turn. */
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  /** Whether frames go through ws, which compresses them. */
  private readonly isCompressed: boolean;

  constructor(
    readonly id: string,
    identity: Identity,
    readonly encoding: Encoding,
    private readonly socket: WebSocket,
    /** What the WebSocket writes to. */
    private readonly stream: Socket,
    private readonly queue: OutQueue,
  ) {
    this.userId = identity.userId;
    this.sessionId = identity.sessionId;
    this.expiresAt = identity.expiresAt;
    this.isCompressed = socket.extensions !== '';
  }

  /** Whether the server has ended it; what its client still sends counts no more. */
  get closed(): boolean {
    return this.ended;
  }

  send(frame: Frame): void {
    if (this.ended || this.socket.readyState !== this.socket.OPEN) return;
    const waiting = this.socket.bufferedAmount + this.pendingBytes;
    if (waiting > 0) {
      if (waiting > this.pendingBytes) this.watchQueue();
      if (frame.ephemeral && waiting > this.queue.bytes / 2) return;
      if (waiting > this.queue.bytes) {
        // Behind what waits: if it reads on after all, it gets that and the reason.
        this.close(CLOSE.slowConsumer);
        return;
      }
    }
    this.queue.sent.add(frame.event);
    if (this.isCompressed) {
      this.socket.send(frame.bytes(this.encoding), { binary: this.encoding === 'msgpack' }, ignoreWriteError);
      return;
    }
    const bytes = frame.wsFrame(this.encoding).bytes;
    this.pendingBytes += bytes.length;
    if (this.pending.push(bytes) === 1) this.queue.writes.add(this);
    // Only what the operating system does not take counts as waiting.
    if (this.pendingBytes > MAX_PENDING_BYTES) this.flush();
  }

  /** Hands what was sent to the operating system. */
  flush(): void {
    const { pending } = this;
    const [only] = pending;
    if (!only) return;
    this.pending = [];
    this.pendingBytes = 0;
    if (this.stream.writable) this.stream.write(pending.length === 1 ? only : Buffer.concat(pending));
  }

  ping(): void {
    // Of a client that is held back nothing is read: its pong waits in front of us.
    if (!this.socket.isPaused) this.pingsMissed++;
    if (this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount > 0) this.watchQueue();
    this.socket.ping(undefined, undefined, ignoreWriteError);
  }

  heard(): void {
    this.pingsMissed = 0;
  }

  /** Whether what waits has moved since the last look; an empty queue is not looked at again. */
  lookAtQueue(): 'empty' | 'moving' | 'stuck' {
    if (this.socket.bufferedAmount === 0) {
      this.watched = false;
      return 'empty';
    }
    const before = this.taken;
    this.taken = bytesTaken(this.stream);
    return this.taken > before ? 'moving' : 'stuck';
  }

  close(reason: CloseInfo): void {
    if (this.ended) return;
    this.flush();
    this.ended = true;
    this.closedWith = reason.code;
    closeSocket(this.socket, reason);
  }

  /** Cuts the socket without waiting for the client, which is not there or does not read. */
  terminate(reason: CloseInfo): void {
    if (this.ended) return;
    this.flush();
    this.ended = true;
    this.closedWith = reason.code;
    this.socket.close(reason.code, reason.reason);
    this.socket.terminate();
  }

  private watchQueue(): void {
    if (this.watched) return;
    this.watched = true;
    this.taken = bytesTaken(this.stream);
    this.queue.watch(this);
  }
}

/** Of all that was written: what does not wait in this process any more. */
function bytesTaken(stream: Socket): number {
  return stream.bytesWritten - stream.writableLength;
}

// A failed write is followed by the socket's close event, which is where it is dealt with.
function ignoreWriteError(): void {}
