import type { Socket } from 'node:net';
import {
  AUTH_TIMEOUT_SECONDS,
  type ClientFrame,
  CLOSE,
  type CloseInfo,
  type Encoding,
  LIMITS,
  type Ready,
} from '@parley/protocol';
import { WebSocket } from 'ws';
import { DomainError } from '../common/domain-error';
import { newId } from '../common/ids';
import type { Authenticator, Identity } from './authenticator';
import { closeSocket } from './close-socket';
import { decodeFrame, isPlainObject } from './codec';
import { Frame } from './frame';
import { FrameQueue } from './frame-queue';
import type { FrameRouter } from './frame-router';
import { InboundFrame, sendFailure } from './inbound-frame';
import { type OutQueue, WsConnection } from './ws-connection';

/** What a socket's session needs of the host that made it. */
export interface SessionHost {
  readonly authenticator: Authenticator;
  readonly router: FrameRouter;
  readonly heartbeatSeconds: number;
  readonly outQueue: OutQueue;
  now(): number;
  opened(connection: WsConnection): void;
  /** `code`: as the socket tells it. */
  closed(session: SocketSession, code: number): void;
}

/** Bytes of answers that may wait for a socket that nobody has authenticated, and of pongs for any. */
const MAX_WAITING_BYTES = 65_536;

/** A WebSocket that knows its session, so that all have the same listeners. */
export class SessionSocket extends WebSocket {
  session: SocketSession | undefined;
}

/** A WebSocket, what it writes to, and what is spoken. */
export interface Wire {
  readonly socket: SessionSocket;
  readonly stream: Socket;
  readonly encoding: Encoding;
}

interface RawFrame {
  payload: Buffer;
  isBinary: boolean;
}

/** One socket from its upgrade to its end: waits for a token, then feeds its frames to the router in order. */
export class SocketSession {
  connection: WsConnection | null = null;
  private readonly socket: SessionSocket;
  private readonly stream: Socket;
  private readonly encoding: Encoding;
  private readonly queue: FrameQueue<RawFrame>;
  private authTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly host: SessionHost,
    { socket, stream, encoding }: Wire,
    identity: Identity | undefined,
  ) {
    this.socket = socket;
    this.stream = stream;
    this.encoding = encoding;
    this.queue = new FrameQueue(socket, this);
    socket.session = this;
    socket.on('message', onMessage).on('ping', onPing).on('pong', onPong).on('close', onClose);
    if (identity) this.open(identity);
    else this.authTimer = setTimeout(() => this.close(CLOSE.authTimeout), AUTH_TIMEOUT_SECONDS * 1_000);
  }

  get queuedBytes(): number {
    return this.socket.bufferedAmount;
  }

  close(reason: CloseInfo): void {
    if (this.connection) this.connection.close(reason);
    else closeSocket(this.socket, reason);
  }

  /** Answers what has been received, and closes then. */
  async finish(reason: CloseInfo): Promise<void> {
    await this.queue.finish();
    this.close(reason);
  }

  /** Takes in what has come from the client. */
  receive(raw: RawFrame): void {
    this.connection?.heard();
    this.queue.push(raw);
  }

  /** Ends when the frame is answered, which may be at once; never rejects. */
  handle(raw: RawFrame): Promise<void> | undefined {
    // A client need not answer a close, and until its socket is cut it could go on with a revoked session.
    if (this.connection?.closed) return undefined;
    let frame: ClientFrame;
    try {
      frame = decodeFrame(this.encoding, raw.payload, raw.isBinary);
    } catch (error) {
      sendFailure(this.sender, error);
      return undefined;
    }
    const { event, ref, data = {} } = frame;
    if (!isPlainObject(data)) {
      sendFailure(
        this.sender,
        new DomainError('payload_invalid', 'The data of a frame must be an object.'),
        ref,
        event,
      );
      return undefined;
    }
    if (event === 'auth' || !this.connection) return this.authenticate(event, data, ref);
    return this.host.router.route(new InboundFrame(this.connection, event, data, ref));
  }

  /** The first frame of a socket that came without a token. */
  private async authenticate(
    event: string,
    data: Record<string, unknown>,
    ref: ClientFrame['ref'],
  ): Promise<void> {
    try {
      if (this.connection)
        throw new DomainError('payload_invalid', 'This connection is authenticated already.');
      if (event !== 'auth')
        throw new DomainError('unauthenticated', 'The first frame must be auth {accessToken}.');
      const { accessToken, ...rest } = data;
      if (typeof accessToken !== 'string' || Object.keys(rest).length > 0)
        throw new DomainError('payload_invalid', 'auth needs an accessToken, and nothing else.');
      const identity = await this.host.authenticator.authenticate(accessToken);
      const ready = this.open(identity);
      if (ready && ref !== undefined) this.sender.send(Frame.reply(ref, ready));
    } catch (error) {
      sendFailure(this.sender, error, ref, event);
    }
  }

  private open(identity: Identity): Ready | null {
    clearTimeout(this.authTimer);
    // It may have gone while its token was looked at.
    if (this.socket.readyState !== this.socket.OPEN) return null;
    const connection = new WsConnection(
      newId(),
      identity,
      this.encoding,
      this.socket,
      this.stream,
      this.host.outQueue,
    );
    this.connection = connection;
    const ready = this.describe(connection);
    connection.send(Frame.push('ready', ready));
    this.host.opened(connection);
    return ready;
  }

  private describe(connection: WsConnection): Ready {
    const { textBytes, frameBytes, metadataBytes, mentions } = LIMITS;
    return {
      userId: connection.userId,
      sessionId: connection.sessionId,
      connectionId: connection.id,
      heartbeatSeconds: this.host.heartbeatSeconds,
      expiresIn: Math.max(0, Math.floor((connection.expiresAt - this.host.now()) / 1_000)),
      limits: { textBytes, frameBytes, metadataBytes, mentions },
    };
  }

  /** Where answers go: a socket that is not authenticated yet is answered too. */
  private get sender(): { send(frame: Frame): void } {
    return this.connection ?? { send: (frame) => sendRaw(this.socket, this.encoding, frame) };
  }

  /** Not by ws itself, which would keep pongs without a bound for who reads none. */
  answerPing(data: Buffer): void {
    this.connection?.heard();
    if (this.socket.readyState !== this.socket.OPEN || this.socket.bufferedAmount > MAX_WAITING_BYTES) return;
    this.socket.pong(data, undefined, () => undefined);
  }

  end(code: number): void {
    clearTimeout(this.authTimer);
    this.host.closed(this, code);
  }
}

function sessionOf(socket: WebSocket): SocketSession | undefined {
  return (socket as SessionSocket).session;
}

function onMessage(this: WebSocket, payload: Buffer, isBinary: boolean): void {
  sessionOf(this)?.receive({ payload, isBinary });
}

function onPing(this: WebSocket, data: Buffer): void {
  sessionOf(this)?.answerPing(data);
}

function onPong(this: WebSocket): void {
  sessionOf(this)?.connection?.heard();
}

function onClose(this: WebSocket, code: number): void {
  sessionOf(this)?.end(code);
}

function sendRaw(socket: WebSocket, encoding: Encoding, frame: Frame): void {
  if (socket.readyState !== socket.OPEN) return;
  if (socket.bufferedAmount > MAX_WAITING_BYTES) {
    socket.terminate();
    return;
  }
  socket.send(frame.bytes(encoding), { binary: encoding === 'msgpack' }, () => undefined);
}
