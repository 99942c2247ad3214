import {
  type BrowserWebSocketConstructor,
  ParleyClient,
  type ParleyClientOptions,
  type Runtime,
} from '@parley/client';
import { WebSocket } from 'ws';
import type { Person } from './person';

interface Frame {
  event: string;
  ok?: boolean;
  data?: { message?: unknown };
}

/** Nobody listens there. */
const NOWHERE = 'ws://127.0.0.1:9/ws';
/** Soon, but not at once: who is refused comes back many times. */
const SOON = 0.05;

export const soon: Runtime = {
  now: () => Date.now(),
  random: () => SOON,
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** The network of one device, on which things can be made to go wrong. */
export class TestNetwork {
  /** Nothing gets through, neither sockets nor requests. */
  isDown = false;
  /** Sockets do not open; requests get through. */
  blocksSockets = false;
  /** Frames of the server, as they came. */
  readonly received: Frame[] = [];
  readonly sent: Frame[] = [];
  /** How many sockets have been opened. */
  opened = 0;
  private readonly sockets = new Set<WebSocket>();
  private swallowing: ((frame: Frame) => boolean) | null = null;
  private cutting = false;

  /** The connections end without a word, and no others are made. */
  goDown(): void {
    this.isDown = true;
    this.cut();
  }

  goUp(): void {
    this.isDown = false;
  }

  cut(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  /** The next frame of the server that suits is lost. */
  swallow(suits: (frame: Frame) => boolean, { andCut = false } = {}): void {
    this.swallowing = suits;
    this.cutting = andCut;
  }

  readonly fetch: typeof fetch = (url, init) =>
    this.isDown ? Promise.reject(new TypeError('the network is down')) : fetch(url, init);

  get WebSocket(): BrowserWebSocketConstructor {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const network = this;
    return class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(network.isDown || network.blocksSockets ? NOWHERE : url, protocols);
        network.sockets.add(this);
        this.once('open', () => network.opened++);
        this.once('close', () => network.sockets.delete(this));
      }

      override send(data: string): void {
        network.sent.push(JSON.parse(data) as Frame);
        super.send(data);
      }

      override emit(event: string | symbol, ...args: unknown[]): boolean {
        if (event === 'message' && network.loses(JSON.parse(String(args[0])) as Frame)) {
          if (network.cutting) this.terminate();
          return true;
        }
        return super.emit(event, ...args);
      }
    };
  }

  private loses(frame: Frame): boolean {
    if (this.swallowing?.(frame)) {
      this.swallowing = null;
      return true;
    }
    this.received.push(frame);
    return false;
  }
}

/** Clients of tests, which are stopped together. */
export class TestClients {
  private readonly running: ParleyClient[] = [];

  /** A client of somebody, on a network of its own unless told. */
  async start(
    person: Person,
    url: string,
    network = new TestNetwork(),
    options: Partial<ParleyClientOptions> = {},
  ): Promise<ParleyClient> {
    const { fetch, WebSocket: Socket } = network;
    const getToken = () => person.tokens.accessToken;
    const client = new ParleyClient({ url, getToken, runtime: soon, fetch, WebSocket: Socket, ...options });
    this.running.push(client);
    await client.start();
    return client;
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.splice(0).map((client) => client.stop()));
  }
}
