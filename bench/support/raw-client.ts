import { connect, type Socket } from 'node:net';
import { isOwnFault, nextSource } from '../load/source';

/** How a connection ended, or was refused. */
export interface RawEnd {
  /** Status of a refused upgrade, or 0. */
  status: number;
  /** Milliseconds that a refusal asks to wait for. */
  retryAfterMs: number;
}

const RETRY_MS = 300;
/** All read into it: a read is handled before the next one. */
const READ = Buffer.allocUnsafeSlow(65_536);

const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 };

/**
 * A client as cheap as can be, because it shares the machine with what it measures.
 *
 * It connects, waits for `ready`, syncs, and answers pings; what else comes is thrown away.
 */
export class RawClient {
  /** Of its last sync. */
  cursor: string | undefined;
  /** Syncs that were to be tried again. */
  failures = 0;
  private socket: Socket | undefined;
  private pending: Buffer | undefined;
  private upgraded = false;
  private synced: () => void = () => undefined;
  private ended: (end: RawEnd) => void = () => undefined;

  constructor(private readonly token: string) {}

  /** Connects and syncs; resolves when it has caught up, rejects with a RawEnd when that did not come about. */
  catchUp(url: URL, ended: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.synced = () => {
        this.ended = ended;
        resolve();
      };
      this.ended = reject;
      this.upgraded = false;
      this.pending = undefined;
      const refused: RawEnd = { status: 0, retryAfterMs: 0 };
      const callback = (length: number) => {
        this.read(READ.subarray(0, length), refused);
        return true;
      };
      const socket = connect({
        ...{ host: url.hostname, port: Number(url.port), localAddress: nextSource() },
        onread: { buffer: READ, callback },
      });
      this.socket = socket;
      socket.setNoDelay(true);
      socket.on('error', (error) => {
        if (isOwnFault(error)) throw error;
      });
      socket.on('close', () => this.ended(refused));
      socket.write(
        `GET /ws HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n' +
          `Sec-WebSocket-Protocol: parley.v1\r\nAuthorization: Bearer ${this.token}\r\n\r\n`,
      );
    });
  }

  end(): void {
    this.ended = () => undefined;
    // Without a last word: else its port waits for a minute, and the next ones are long in being found.
    this.socket?.resetAndDestroy();
  }

  private read(chunk: Buffer, refused: RawEnd): void {
    let data = this.pending ? Buffer.concat([this.pending, chunk]) : chunk;
    this.pending = undefined;
    if (!this.upgraded) {
      const end = data.indexOf('\r\n\r\n');
      if (end < 0) {
        this.pending = Buffer.from(data);
        return;
      }
      const head = data.toString('latin1', 0, end);
      refused.status = Number(head.slice(9, 12));
      if (refused.status !== 101) {
        refused.retryAfterMs = Number(/retry-after: (\d+)/i.exec(head)?.[1] ?? 0) * 1_000;
        return;
      }
      this.upgraded = true;
      data = data.subarray(end + 4);
    }
    this.readFrames(data);
  }

  private readFrames(data: Buffer): void {
    let at = 0;
    while (data.length - at >= 2) {
      const short = (data[at + 1] ?? 0) & 0x7f;
      const head = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (data.length - at < head) break;
      const length =
        short === 126
          ? data.readUInt16BE(at + 2)
          : short === 127
            ? Number(data.readBigUInt64BE(at + 2))
            : short;
      if (data.length - at < head + length) break;
      this.take((data[at] ?? 0) & 0xf, data.subarray(at + head, at + head + length));
      at += head + length;
    }
    if (at < data.length) this.pending = Buffer.from(data.subarray(at));
  }

  private take(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.ping) this.write(OPCODE.pong, payload);
    else if (opcode === OPCODE.close) this.write(OPCODE.close, payload.subarray(0, 2));
    if (opcode !== OPCODE.text) return;
    const start = payload.toString('latin1', 0, 24);
    if (start.startsWith('{"event":"ready"')) this.sync();
    else if (start.startsWith('{"event":"reply"')) this.takePage(payload);
  }

  private takePage(payload: Buffer): void {
    const reply = payload.toString('latin1', Math.max(0, payload.length - 400));
    const [, cursor, more] = /"cursor":"([^"]+)","more":(true|false)\}\}$/.exec(reply) ?? [];
    if (cursor === undefined) {
      if (!reply.includes('"retryable":true')) throw new Error(`a sync was answered ${reply}`);
      this.failures++;
      setTimeout(() => this.sync(), RETRY_MS * (0.5 + Math.random()));
      return;
    }
    this.cursor = cursor;
    if (more === 'true') this.sync();
    else this.synced();
  }

  private sync(): void {
    const data = this.cursor === undefined ? {} : { cursor: this.cursor };
    this.write(OPCODE.text, Buffer.from(JSON.stringify({ event: 'sync', data, ref: 1 })));
  }

  /** Masked with zeros, as a client has to. */
  private write(opcode: number, payload: Buffer): void {
    const isLong = payload.length > 125;
    const head = Buffer.alloc(isLong ? 8 : 6);
    head[0] = 0x80 | opcode;
    head[1] = 0x80 | (isLong ? 126 : payload.length);
    if (isLong) head.writeUInt16BE(payload.length, 2);
    this.socket?.write(Buffer.concat([head, payload]));
  }
}
