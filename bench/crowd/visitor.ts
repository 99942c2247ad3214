import { connect, type Socket } from 'node:net';
import { nextSource } from '../load/source';

const EVENT = Buffer.from('{"event":"presence.changed"');
const USER_ID = Buffer.from('"userId":"');
const UUID_LENGTH = 36;
const CLOSE_FRAME = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);

/** A WebSocket client reduced to what the bench needs: it counts whose presence it is told, and costs little. */
export class Visitor {
  private socket: Socket | undefined;
  private pending: Buffer = Buffer.alloc(0);

  constructor(
    private readonly token: string,
    private readonly told: (userId: string) => void,
  ) {}

  /** Resolves when the server calls it ready. */
  come(url: string): Promise<void> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect({
        ...{ host: hostname, port: Number(port), localAddress: nextSource() },
        noDelay: true,
      });
      this.socket = socket;
      this.pending = Buffer.alloc(0);
      let upgraded = false;
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the server closed the connection')));
      socket.on('data', (chunk: Buffer) => {
        this.pending = this.pending.length > 0 ? Buffer.concat([this.pending, chunk]) : chunk;
        if (!upgraded) {
          const end = this.pending.indexOf('\r\n\r\n');
          if (end < 0) return;
          const status = this.pending.toString('latin1', 9, 12);
          if (status !== '101') return reject(new Error(`the server answered ${status}`));
          this.pending = this.pending.subarray(end + 4);
          upgraded = true;
        }
        if (this.takeFrames() > 0) resolve();
      });
      socket.write(
        `GET /ws HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n` +
          `Sec-WebSocket-Protocol: parley.v1\r\nAuthorization: Bearer ${this.token}\r\n\r\n`,
      );
    });
  }

  /** Says that it goes; resolves when the connection has ended. */
  go(): Promise<void> {
    const { socket } = this;
    if (!socket || socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      socket.once('close', () => resolve());
      socket.end(CLOSE_FRAME);
    });
  }

  /** Looks at all frames that are whole; returns how many. */
  private takeFrames(): number {
    let frames = 0;
    for (;;) {
      const { pending } = this;
      const short = (pending[1] ?? 0) & 0x7f;
      const head = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (pending.length < head) return frames;
      const length =
        short === 126 ? pending.readUInt16BE(2) : short === 127 ? Number(pending.readBigUInt64BE(2)) : short;
      if (pending.length < head + length) return frames;
      this.look(pending.subarray(head, head + length));
      this.pending = pending.subarray(head + length);
      frames++;
    }
  }

  private look(payload: Buffer): void {
    if (!payload.subarray(0, EVENT.length).equals(EVENT)) return;
    const at = payload.indexOf(USER_ID) + USER_ID.length;
    this.told(payload.toString('latin1', at, at + UUID_LENGTH));
  }
}
