import { decode, encode } from '@msgpack/msgpack';
import { type Encoding, type ErrorBody, SUBPROTOCOLS } from '@parley/protocol';
import { WebSocket } from 'ws';

interface Answer {
  event: string;
  ref?: unknown;
  ok?: boolean;
  error?: ErrorBody;
}

/** A socket that sends bytes as they are, and tells what answers came before that to a ping after them. */
export class RawSocket {
  private readonly answers: Answer[] = [];
  private waiting: (() => void) | undefined;
  private pings = 0;

  private constructor(
    readonly raw: WebSocket,
    private readonly encoding: Encoding,
  ) {
    raw.on('error', () => undefined);
    raw.on('message', (data: Buffer) => this.receive(this.read(data)));
  }

  static async open(url: string, encoding: Encoding, token?: string): Promise<RawSocket> {
    const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
    const raw = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, SUBPROTOCOLS[encoding], { headers });
    const socket = new RawSocket(raw, encoding);
    await new Promise((resolve, reject) => raw.once('open', resolve).once('error', reject));
    return socket;
  }

  /** The replies and errors that a frame gets. */
  async answersTo(frame: string | Uint8Array): Promise<Answer[]> {
    this.answers.length = 0;
    const ref = `after-${++this.pings}`;
    const ping = { event: 'ping', ref };
    const answered = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the ping after it was not answered')), 5_000);
      const ended = () => reject(new Error('the connection was closed'));
      this.raw.once('close', ended);
      this.waiting = () => {
        clearTimeout(timer);
        this.raw.off('close', ended);
        resolve();
      };
    });
    this.raw.send(frame);
    this.raw.send(this.encoding === 'json' ? JSON.stringify(ping) : encode(ping));
    await answered;
    return this.answers.filter((answer) => answer.ref !== ref);
  }

  end(): void {
    this.raw.terminate();
  }

  private read(data: Buffer): Answer {
    return (this.encoding === 'json' ? JSON.parse(data.toString()) : decode(data)) as Answer;
  }

  private receive(answer: Answer): void {
    if (answer.event !== 'reply' && answer.event !== 'error') return;
    this.answers.push(answer);
    if (answer.ref === `after-${this.pings}`) this.waiting?.();
  }
}
