import { decode, encode } from '@msgpack/msgpack';
import {
  type ClientEvent,
  type ClientEvents,
  ERRORS,
  type ErrorBody,
  type ErrorCode,
  type ServerEvent,
  type ServerEvents,
  SOCKET_PATH,
  SUBPROTOCOLS,
} from '@parley/protocol';
import { WebSocket } from 'ws';
import { Difference, must, same, show } from './difference';
import { type AnyFrame, Shapes } from './shapes';
import { Watch } from './watch';

interface Frame extends AnyFrame {
  readonly error?: ErrorBody;
}

interface Waiter {
  readonly matches: (frame: Frame) => boolean;
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: Error) => void;
}

export interface LineOptions {
  readonly url: string;
  readonly patienceMs: number;
  readonly token?: string;
  readonly protocols?: string[];
  readonly query?: string;
  /** Without it pings are not answered. */
  readonly autoPong?: boolean;
  /** Told of every frame of either side. */
  readonly record?: (frame: AnyFrame, asked?: string) => void;
}

/** The upgrade was answered otherwise. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly body: string,
    readonly headers: Record<string, unknown>,
  ) {
    super(`the upgrade was refused with ${status}`);
  }
}

const shapes = new Shapes();

/** One connection, as a client has it; what comes is held to what is promised of all connections. */
export class Line {
  readonly closed: Promise<{ code: number; reason: string }>;
  /** What came otherwise than promised, whoever waits for it. */
  readonly wrong: string[] = [];
  readonly frames: Frame[] = [];
  /** The events of all that came, in order. */
  readonly came: string[] = [];
  pings = 0;
  private readonly waiters = new Set<Waiter>();
  private readonly watch = new Watch();
  /** Events that wait for their reply, by ref, in the order in which they were sent. */
  private readonly asked = new Map<unknown, string>();
  private refs = 0;

  private constructor(
    readonly raw: WebSocket,
    private readonly options: LineOptions,
  ) {
    raw.on('message', (data: Buffer, isBinary: boolean) => this.receive(data, isBinary));
    raw.on('ping', () => this.pings++);
    raw.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      raw.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        for (const waiter of this.waiters)
          waiter.reject(new Difference(`the connection was closed with ${code}`));
      });
    });
  }

  /** Opens one; rejects with Refused when the upgrade is answered otherwise. */
  static async open(options: LineOptions): Promise<Line> {
    const { url, token, protocols = [SUBPROTOCOLS.json], query = '', autoPong = true } = options;
    const raw = new WebSocket(`${url.replace(/^http/, 'ws')}${SOCKET_PATH}${query}`, protocols, {
      autoPong,
      ...(token !== undefined && { headers: { Authorization: `Bearer ${token}` } }),
    });
    const line = new Line(raw, options);
    await new Promise<void>((resolve, reject) => {
      raw.once('open', resolve);
      raw.once('error', reject);
      raw.once('unexpected-response', (_request, response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => reject(new Refused(response.statusCode ?? 0, body, response.headers)));
      });
    });
    return line;
  }

  get protocol(): string {
    return this.raw.protocol;
  }

  /** Sends a frame as it is, be it good or not. */
  send(frame: object | string | Buffer): void {
    const isRaw = typeof frame === 'string' || Buffer.isBuffer(frame);
    if (isRaw) return this.raw.send(frame);
    this.raw.send(this.isBinary ? encode(frame, { ignoreUndefined: true }) : JSON.stringify(frame));
  }

  /** Sends an event and resolves to what the reply carries. */
  async request<E extends ClientEvent>(
    event: E,
    data?: ClientEvents[E]['data'],
  ): Promise<ClientEvents[E]['reply']> {
    const reply = await this.ask(event, data);
    must(reply.ok === true, `${event} is refused: ${show(reply.error)}`);
    this.options.record?.({ event, data, ref: reply.ref });
    this.options.record?.(reply, event);
    return reply.data as ClientEvents[E]['reply'];
  }

  /** Sends what is to be refused with that code, and as the table has it; resolves to the details. */
  async refusal(event: string, data: unknown, code: ErrorCode): Promise<Record<string, unknown>> {
    const reply = await this.ask(event, data);
    must(reply.ok === false, `${event} with ${show(data)} succeeds, and is to be refused with ${code}`);
    this.options.record?.(reply, event);
    same(reply.error?.code, code, `the code of ${event} with ${show(data)}`);
    same(reply.error?.retryable, ERRORS[code].retryable, `retryable of ${code}`);
    return reply.error?.details ?? {};
  }

  /** The next push of an event, among those that came already too. */
  async next<E extends ServerEvent>(
    event: E,
    where: (data: ServerEvents[E]) => boolean = () => true,
  ): Promise<ServerEvents[E]> {
    const matches = (frame: Frame) => frame.event === event && where(frame.data as ServerEvents[E]);
    return (await this.wait(matches, event)).data as ServerEvents[E];
  }

  /** When everything before has come, no such push has. */
  async none<E extends ServerEvent>(
    event: E,
    where: (data: ServerEvents[E]) => boolean = () => true,
  ): Promise<void> {
    await this.request('ping');
    const found = this.frames.find((frame) => frame.event === event && where(frame.data as ServerEvents[E]));
    must(!found, `${event} comes, and is not to come: ${show(found?.data)}`);
  }

  /** How it ends. */
  async end(): Promise<{ code: number; reason: string }> {
    return this.within(this.closed, 'the close');
  }

  /** What was sent before has come by then: a pong is sent in turn. */
  async caughtUp(): Promise<void> {
    const pong = new Promise((resolve) => this.raw.once('pong', resolve));
    this.raw.ping();
    await this.within(pong, 'a pong');
  }

  async close(): Promise<void> {
    this.raw.close();
    await Promise.race([this.closed, new Promise((resolve) => setTimeout(resolve, 1_000))]);
    this.raw.terminate();
  }

  /** Waits for a reply to a frame of the caller's own making. */
  reply(ref: unknown): Promise<Frame> {
    return this.wait((frame) => frame.event === 'reply' && frame.ref === ref, `the reply to ${show(ref)}`);
  }

  async within<T>(promise: Promise<T>, what: string, milliseconds = this.options.patienceMs): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Difference(`${what} did not come within ${milliseconds} ms`)),
        milliseconds,
      );
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  private get isBinary(): boolean {
    return this.protocol === SUBPROTOCOLS.msgpack;
  }

  private ask(event: string, data: unknown): Promise<Frame> {
    const ref = ++this.refs;
    this.asked.set(ref, event);
    this.send({ event, data, ref });
    return this.reply(ref);
  }

  private receive(data: Buffer, isBinary: boolean): void {
    let frame: Frame;
    try {
      frame = (isBinary ? decode(data) : JSON.parse(data.toString())) as Frame;
    } catch {
      this.wrong.push(`a frame that is neither JSON nor MessagePack: ${show(data.toString('latin1'))}`);
      return;
    }
    if (isBinary !== this.isBinary)
      this.wrong.push(`a ${isBinary ? 'binary' : 'text'} frame on ${this.protocol}`);
    this.came.push(frame.event);
    const asked = frame.event === 'reply' ? this.asked.get(frame.ref) : undefined;
    for (const wrong of [
      shapes.wrongWith(frame, asked),
      this.watch.wrongWith(frame, asked),
      this.outOfTurn(frame),
    ])
      if (wrong !== null) this.wrong.push(wrong);
    if (frame.event !== 'reply') this.options.record?.(frame);
    for (const waiter of this.waiters) {
      if (!waiter.matches(frame)) continue;
      this.waiters.delete(waiter);
      waiter.resolve(frame);
      return;
    }
    this.frames.push(frame);
  }

  /** Each frame with a ref is answered once, in the order in which they were sent. */
  private outOfTurn({ event, ref }: Frame): string | null {
    if (event !== 'reply' || typeof ref !== 'number' || ref > this.refs || ref < 1) return null;
    const [first] = this.asked.keys();
    const name = this.asked.get(ref);
    this.asked.delete(ref);
    if (name === undefined) return `a second reply to the ref ${ref}`;
    return first === ref ? null : `the reply to ${name} comes before that to ${this.asked.get(first)}`;
  }

  private async wait(matches: (frame: Frame) => boolean, what: string): Promise<Frame> {
    const index = this.frames.findIndex(matches);
    if (index >= 0) return this.frames.splice(index, 1)[0]!;
    let waiter: Waiter | undefined;
    const coming = new Promise<Frame>((resolve, reject) =>
      this.waiters.add((waiter = { matches, resolve, reject })),
    );
    try {
      return await this.within(coming, what);
    } finally {
      this.waiters.delete(waiter!);
    }
  }
}
