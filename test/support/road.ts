import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A road to a server of the tests, on which what is under way can be made to go astray. */
export class Road {
  private readonly sockets = new Set<Socket>();
  private doomed: string | undefined;
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
        near.on('data', (bytes: Buffer) => {
          if (road.doomed === undefined || !bytes.includes(road.doomed)) return;
          road.doomed = undefined;
          // The statement arrives, as it was piped on before; its answer does not.
          far.unpipe(near);
          near.destroy();
          far.removeAllListeners('close').end();
        });
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

  /** Cuts the next connection that sends a statement, once it has sent it. */
  loseAnswerTo(statement: string): void {
    this.doomed = statement;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
