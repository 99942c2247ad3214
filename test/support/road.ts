import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A road to a server of the tests, on which what is under way can be made to go astray. */
export class Road {
  private readonly sockets = new Set<Socket>();
  private doomed: { statement: string; arrives: Promise<void> } | undefined;
  private isBarred = false;

  private constructor(readonly server: Server) {}

  static async open({ host, port }: { host: string; port: number }): Promise<Road> {
    const road: Road = new Road(
      createServer((near) => {
        if (road.isBarred) {
          near.destroy();
          return;
        }
        const far = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
        near.on('data', (bytes: Buffer) => {
          if (road.doomed === undefined || !bytes.includes(road.doomed.statement)) return;
          const { arrives } = road.doomed;
          road.doomed = undefined;
          near.removeAllListeners('close').destroy();
          // The statement arrives, now or later, and is carried out to its end; its answer gets lost.
          far.removeAllListeners('close').unpipe(near).resume();
          far.cork();
          void arrives.then(() => {
            far.uncork();
            far.end();
          });
        });
        for (const [from, to] of [
          [near, far],
          [far, near],
        ] as const) {
          road.sockets.add(from.on('error', () => undefined));
          from.on('close', () => {
            road.sockets.delete(from);
            to.destroy();
          });
          from.pipe(to);
        }
      }),
    );
    await new Promise<void>((resolve) => road.server.listen(0, '127.0.0.1', resolve));
    return road;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** As when the host behind them died: nobody is told, and nothing arrives any more. */
  loseConnections(): void {
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  /** Cuts all connections as by a reset, at both ends: what is under way is lost. */
  resetConnections(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Cuts all connections, and lets none through until it is opened again. */
  bar(): void {
    this.isBarred = true;
    this.resetConnections();
  }

  unbar(): void {
    this.isBarred = false;
  }

  /** Cuts the next connection that sends a statement: it arrives, and its answer is lost. */
  loseAnswerTo(statement: string): void {
    this.doomed = { statement, arrives: Promise.resolve() };
  }

  /** The same, but it arrives only when that is asked for. */
  delayAndLose(statement: string): () => void {
    let arrive = () => {};
    this.doomed = { statement, arrives: new Promise((resolve) => (arrive = resolve)) };
    return arrive;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
