import { connect, type Socket } from 'node:net';

const PATIENCE_MS = 10_000;

/** A TCP connection that sends what it is told, and keeps what comes until it ends. */
export class RawTcp {
  /** Everything that came, once the server has ended the connection. */
  readonly ended: Promise<Buffer>;
  private readonly chunks: Buffer[] = [];

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => this.chunks.push(chunk));
    socket.on('error', () => undefined);
    this.ended = new Promise((resolve) => socket.on('close', () => resolve(this.received)));
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  }

  static open(url: string): Promise<RawTcp> {
    const { port, hostname } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => resolve(new RawTcp(socket)));
      socket.once('error', reject);
    });
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }

  write(data: string | Buffer): void {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
  }

  /** Waits until what has come holds a text. */
  async until(text: string): Promise<Buffer> {
    while (!this.received.includes(text)) {
      const before = this.chunks.length;
      await Promise.race([new Promise((resolve) => this.socket.once('data', resolve)), this.ended]);
      if (this.socket.destroyed && this.chunks.length === before) {
        throw new Error(`${text} did not come: ${this.received.toString('latin1')}`);
      }
    }
    return this.received;
  }
}

/** The head of an upgrade as it should be, but for some lines; undefined leaves one out. */
export function upgradeHead(
  changes: Record<string, string | undefined> = {},
  line = 'GET /ws HTTP/1.1',
): string {
  const headers: Record<string, string | undefined> = {
    Host: 'parley',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': 'parley.v1',
    ...changes,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return `${[line, ...lines].join('\r\n')}\r\n\r\n`;
}
