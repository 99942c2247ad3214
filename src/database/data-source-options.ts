import { join } from 'node:path';
import type { DataSourceOptions } from 'typeorm';
import { ImpatientClient } from './impatient-client';

/** How a database is reached: a URL, or the parts that the embedded one hands out. */
export type DatabaseConnection =
  | { url: string }
  | {
      host: string;
      port: number;
      user: string;
      password: string;
      database: string;
    };

/** Options of TypeORM, the same for the server, its CLI, tools and tests. */
export function dataSourceOptions(connection: DatabaseConnection, poolSize = 10): DataSourceOptions {
  const reach =
    'url' in connection
      ? { url: connection.url }
      : {
          host: connection.host,
          port: connection.port,
          username: connection.user,
          password: connection.password,
          database: connection.database,
        };
  return {
    type: 'postgres',
    ...reach,
    applicationName: 'parley',
    entities: [join(__dirname, '..', '**', '*.entity.{ts,js}')],
    migrations: [join(__dirname, 'migrations', '*.{ts,js}')],
    migrationsTransactionMode: 'each',
    synchronize: false,
    poolSize,
    connectTimeoutMS: 5_000,
    extra: {
      // A statement that hangs must not hold its client's request for ever, nor a lock.
      statement_timeout: 15_000,
      lock_timeout: 5_000,
      idle_in_transaction_session_timeout: 15_000,
      // Longer than the server's own limit: without an answer by then, the server is gone.
      query_timeout: 20_000,
      // A bitmap reads a whole range before it hands out the first row. Ours are read in order up to a limit,
      // and where the planner takes a conversation for small, it would read all of a large one.
      options: '-c enable_bitmapscan=off',
      Client: ImpatientClient,
      // What does not depend on an answer is sent before it has come.
      pipeline: true,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    },
  };
}
