import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { Lane } from './lane';

/** One connection on the road: what comes from the client, and what goes to the server. */
interface Pair {
  near: Socket;
  far: Socket;
  lanes: [Lane, Lane];
  /** Both ends hold on, and nothing passes any more. */
  isDead: boolean;
}

/** The way of one device to the servers, on which its connections can be made to suffer. */
export class Road {
  private readonly pairs = new Set<Pair>();
  private delayMs = 0;

  private constructor(
    private readonly server: Server,
    private readonly choose: () => URL,
  ) {}

  /** A road whose connections each lead to the address that is chosen then. */
  static async open(choose: () => URL): Promise<Road> {
    const server = createServer();
    const road = new Road(server, choose);
    server.on('connection', (near) => road.pass(near));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return road;
  }

  /** The servers' address at this end. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Ends every connection without a word (RST), on both sides. */
  cut(): void {
    for (const { near, far } of this.pairs) for (const socket of [near, far]) reset(socket);
  }

  /** Ends every connection as its other end would (FIN). */
  end(): void {
    for (const { near, far } of this.pairs) for (const socket of [near, far]) socket.end();
  }

  /** Lets nothing pass on the connections that are open now; neither end is told. */
  die(): void {
    for (const pair of this.pairs) {
      pair.isDead = true;
      for (const lane of pair.lanes) lane.clear();
    }
  }

  /** Makes everything late, in both directions and in order; 0 ends it. */
  delay(milliseconds: number): void {
    this.delayMs = milliseconds;
  }

  async close(): Promise<void> {
    for (const { near, far } of this.pairs) for (const socket of [near, far]) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pass(near: Socket): void {
    const far = this.reach();
    const forth = new Lane((bytes) => far.write(bytes));
    const back = new Lane((bytes) => near.write(bytes));
    const pair: Pair = { near, far, lanes: [forth, back], isDead: false };
    this.pairs.add(pair);
    for (const [from, to, lane] of [
      [near, far, forth],
      [far, near, back],
    ] as const) {
      from.setNoDelay(true);
      from.on('data', (bytes: Buffer) => pair.isDead || lane.add(bytes, this.delayMs));
      from.on('end', () => pair.isDead || lane.add(() => to.end(), this.delayMs));
      from.on('error', () => undefined);
      from.on('close', (hadError) => {
        if (from.destroyed && to.destroyed) this.pairs.delete(pair);
        // Who waits on a dead connection finds out alone.
        else if (pair.isDead) return;
        // It does not overtake what was sent before it.
        else if (hadError) lane.add(() => reset(to), this.delayMs);
        else if (!lane.isBusy) to.destroy();
      });
    }
  }

  private reach(): Socket {
    const { protocol, hostname, port } = this.choose();
    const host = hostname.replace(/^\[|\]$/g, '');
    if (protocol !== 'https:') return connect(Number(port || 80), host);
    return connectTls({ host, port: Number(port || 443), servername: host });
  }
}

/** RST where there is one to send. */
function reset(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}
