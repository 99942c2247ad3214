import { connect, type Socket } from 'node:net';
import { maskedFrame, OPCODE, readFrames } from './frames';
import type { Client } from './client';
import { nextSource } from './source';
import { Stamp } from './stamp';
import type { Wire } from './wires';

/** All connections read into it: a read is handled before the next one. */
const READ = Buffer.allocUnsafeSlow(65_536);
const END_OF_HEAD = '\r\n\r\n';

type State = 'connecting' | 'upgrading' | 'opening' | 'open' | 'ended';

/** Who hears of a connection. */
export interface Listener {
  opened(connection: Connection): void;
  ended(reason: string, wasOpen: boolean): void;
  frame(connection: Connection, bytes: Buffer, from: number, to: number): void;
}

/** A WebSocket of a client, on a raw socket, with as little as it takes. */
export class Connection {
  state: State = 'connecting';
  readonly begun = performance.now();
  private readonly socket: Socket;
  private readonly stamp: Stamp;
  /** The beginning of a frame that is not whole yet. */
  private rest: Buffer | null = null;

  constructor(
    /** Its place among all clients. */
    readonly index: number,
    readonly client: Client,
    private readonly wire: Wire,
    port: number,
    private readonly listener: Listener,
  ) {
    this.stamp = new Stamp(wire.message(client));
    const callback = (length: number, bytes: Uint8Array) => this.read(bytes as Buffer, length);
    this.socket = connect({
      ...{ host: '127.0.0.1', port, localAddress: nextSource() },
      ...{ noDelay: true, onread: { buffer: READ, callback } },
    });
    this.socket.once('connect', () => this.upgrade());
    this.socket.once('error', (error) => this.end(error.message));
    this.socket.once('close', () => this.end('closed without a word'));
  }

  /** Writes the message of this number, and says whether it could. */
  send(n: number, milliseconds: number): boolean {
    if (this.state !== 'open') return false;
    this.socket.write(this.stamp.of(n, milliseconds));
    if (this.socket.writableLength > 0) this.stamp.letGo();
    return true;
  }

  write(text: string): void {
    if (this.state !== 'ended') this.socket.write(maskedFrame(Buffer.from(text)));
  }

  /** Goes away without a word, as networks do. */
  destroy(): void {
    this.state = 'ended';
    this.socket.destroy();
  }

  private upgrade(): void {
    if (this.state === 'ended') return;
    this.state = 'upgrading';
    const head = [
      `GET ${this.wire.path(this.client)} HTTP/1.1`,
      'Host: 127.0.0.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ...(this.wire.headers?.(this.client) ?? []),
    ];
    this.socket.write(head.join('\r\n') + END_OF_HEAD);
  }

  private read(chunk: Buffer, length: number): boolean {
    const whole = this.rest && Buffer.concat([this.rest, chunk.subarray(0, length)]);
    const bytes = whole ?? chunk;
    const to = whole?.length ?? length;
    this.rest = null;
    const from = this.state === 'upgrading' ? this.upgraded(bytes, to) : 0;
    const at = readFrames(bytes, from, to, this.take);
    if (at < to && this.state !== 'ended') this.rest = Buffer.from(bytes.subarray(at, to));
    return true;
  }

  /** Returns where the frames begin. */
  private upgraded(bytes: Buffer, to: number): number {
    const head = bytes.toString('latin1', 0, to);
    const end = head.indexOf(END_OF_HEAD);
    if (end < 0) {
      this.rest = Buffer.from(bytes.subarray(0, to));
      return to;
    }
    if (!head.startsWith('HTTP/1.1 101')) {
      this.end(head.slice(0, 200));
      return to;
    }
    this.state = 'opening';
    if (!this.wire.greets) this.open();
    return end + END_OF_HEAD.length;
  }

  private readonly take = (opcode: number, bytes: Buffer, from: number, to: number): boolean => {
    if (opcode === OPCODE.text) {
      if (this.state === 'open') this.listener.frame(this, bytes, from, to);
      else this.opening(bytes.toString('utf8', from, to));
    } else if (opcode === OPCODE.ping) {
      this.socket.write(maskedFrame(Buffer.from(bytes.subarray(from, to)), OPCODE.pong));
    } else if (opcode === OPCODE.close) {
      this.end(`closed with ${to - from < 2 ? 1005 : bytes.readUInt16BE(from)}`);
    }
    return this.state !== 'ended';
  };

  private opening(frame: string): void {
    const next = this.wire.opening(frame);
    if (next === true) this.open();
    else if (next !== null) this.write(next);
  }

  private open(): void {
    this.state = 'open';
    this.listener.opened(this);
  }

  private end(reason: string): void {
    if (this.state === 'ended') return;
    const wasOpen = this.state === 'open';
    this.destroy();
    this.listener.ended(reason, wasOpen);
  }
}
