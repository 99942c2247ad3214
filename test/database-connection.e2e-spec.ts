import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { DataSource } from 'typeorm';
import { toDomainError } from '../src/common/to-domain-error';
import { dataSourceOptions } from '../src/database/data-source-options';

/** A road to the tests' PostgreSQL, on which what is under way can be made to go astray. */
class Road {
  private readonly sockets = new Set<Socket>();

  private constructor(readonly server: Server) {}

  static async open({ host, port }: { host: string; port: number }): Promise<Road> {
    const road: Road = new Road(
      createServer((near) => {
        const far = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
        for (const [from, to] of [
          [near, far],
          [far, near],
        ] as const) {
          road.sockets.add(from.on('error', () => undefined).on('close', () => to.destroy()));
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

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

it('a connection that went silent is given up, and the next one is new', async () => {
  const database = JSON.parse(process.env.PARLEY_TEST_DATABASE ?? '') as Parameters<typeof Road.open>[0] & {
    user: string;
    password: string;
  };
  const road = await Road.open(database);
  const options = dataSourceOptions(
    { ...database, host: '127.0.0.1', port: road.port, database: 'postgres' },
    1,
  );
  const source = new DataSource({
    ...options,
    extra: { ...options.extra, query_timeout: 300 },
  });
  try {
    await source.initialize();
    road.loseConnections();
    const error: unknown = await source.query('SELECT 1').catch((thrown: unknown) => thrown);
    expect(toDomainError(error)).toMatchObject({ code: 'unavailable' });
    expect(await source.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  } finally {
    await source.destroy();
    road.close();
  }
});
