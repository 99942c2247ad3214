import type { ErrorBody, ServerEvent, ServerEvents } from '@parley/protocol';
import { WebSocket, type ClientOptions } from 'ws';
import { Shapes } from '../../tools/conformance/shapes';

/** What docs/asyncapi.json says: every test holds it against what travels. */
const shapes = new Shapes(true);

interface Received {
  event: string;
  data?: unknown;
  ref?: string | number;
  ok?: boolean;
  error?: ErrorBody;
}

interface Waiter {
  matches(frame: Received): boolean;
  resolve(frame: Received): void;
  fail(reason: string): void;
}

const PATIENCE_MS = 5_000;

/** A client for tests: sends what it is told, right or wrong, and keeps all that it gets. */
export class TestSocket {
  readonly frames: Received[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  private readonly waiters = new Set<Waiter>();
  private refs = 0;
  private wrong: string | undefined;

  private constructor(readonly raw: WebSocket) {
    raw.on('message', (data: Buffer) => this.receive(JSON.parse(data.toString()) as Received));
    raw.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      raw.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        for (const waiter of this.waiters) waiter.fail(`the connection was closed with ${code}`);
      });
    });
  }

  /** Opens a socket; with a token it is authenticated and `ready`. */
  static async open(url: string, token?: string, options: ClientOptions = {}): Promise<TestSocket> {
    const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
    const raw = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, 'parley.v1', { headers, ...options });
    const socket = new TestSocket(raw);
    await new Promise<void>((resolve, reject) => {
      raw.once('open', resolve);
      raw.once('error', reject);
    });
    if (token) await socket.next('ready');
    return socket;
  }

  /** Sends a frame with a ref and resolves to the reply's data; rejects with the reply's error. */
  async request(event: string, data?: unknown, patienceMs = PATIENCE_MS): Promise<unknown> {
    const ref = ++this.refs;
    this.raw.send(JSON.stringify({ event, data, ref }));
    const reply = await this.wait(
      (frame) => frame.event === 'reply' && frame.ref === ref,
      `the reply to ${event}`,
      patienceMs,
    );
    this.judge(shapes.wrongWith(reply, event), reply);
    if (reply.ok) this.judge(shapes.wrongInput({ event, data, ref }), data);
    if (this.wrong) throw new Error(this.wrong);
    if (!reply.ok) throw Object.assign(new Error(reply.error?.message), reply.error);
    return reply.data;
  }

  /** The next push of an event, among those that came already too; each is handed out once. */
  async next<E extends ServerEvent>(
    event: E,
    where: (data: ServerEvents[E]) => boolean = () => true,
    patienceMs = PATIENCE_MS,
  ): Promise<ServerEvents[E]> {
    const matches = (f: Received) => f.event === event && where(f.data as ServerEvents[E]);
    const frame = await this.wait(matches, event, patienceMs);
    return frame.data as ServerEvents[E];
  }

  /** All pushes of an event until now that nobody has waited for. */
  all<E extends ServerEvent>(event: E): ServerEvents[E][] {
    return this.frames.filter((frame) => frame.event === event).map((frame) => frame.data as ServerEvents[E]);
  }

  /** Resolves when everything that was pushed before has arrived. */
  async settle(): Promise<void> {
    await this.request('ping');
  }

  async close(): Promise<void> {
    this.raw.close();
    await this.closed;
  }

  private receive(frame: Received): void {
    if (frame.event !== 'reply') this.judge(shapes.wrongWith(frame), frame);
    for (const waiter of this.waiters) {
      if (!waiter.matches(frame)) continue;
      this.waiters.delete(waiter);
      waiter.resolve(frame);
      return;
    }
    this.frames.push(frame);
  }

  /** From the first frame on that is not as the document says, nothing succeeds. */
  private judge(wrong: string | null, what: unknown): void {
    if (wrong === null) return;
    this.wrong ??= `not as docs/asyncapi.json says: ${wrong}: ${JSON.stringify(what)}`;
    for (const waiter of this.waiters) waiter.fail(this.wrong);
  }

  private wait(
    matches: (frame: Received) => boolean,
    what: string,
    patienceMs = PATIENCE_MS,
  ): Promise<Received> {
    if (this.wrong) return Promise.reject(new Error(this.wrong));
    const index = this.frames.findIndex(matches);
    if (index >= 0) return Promise.resolve(this.frames.splice(index, 1)[0] as Received);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => waiter.fail(`${patienceMs} ms went by`), patienceMs);
      const settle = () => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
      };
      const waiter: Waiter = {
        matches,
        resolve: (frame) => {
          settle();
          resolve(frame);
        },
        fail: (reason) => {
          settle();
          const got = this.frames.map((frame) => frame.event).join(', ') || 'nothing else';
          reject(new Error(`${what} did not come: ${reason}; there came ${got}`));
        },
      };
      this.waiters.add(waiter);
    });
  }
}
