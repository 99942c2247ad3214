import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { AppModule } from '../../src/app.module';
import { setUpApp } from '../../src/app.setup';
import { type Env, readEnv } from '../../src/config/env';

export interface TestDatabase {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

export interface TestApp {
  readonly app: NestExpressApplication;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Of the database that only this application uses. */
  readonly database: TestDatabase;
  readonly source: DataSource;
  stop(): Promise<void>;
}

/** Starts the real application on a free port, with an empty, migrated database of its own. */
export async function startApp(
  settings: Record<string, string> = {},
  overrides: Partial<Env> = {},
  /** How the application reaches its database, when not straight. */
  reach = (database: TestDatabase) => Promise.resolve(database),
): Promise<TestApp> {
  const database = await createDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-app-'));
  const env: Env = {
    ...readEnv({ NODE_ENV: 'test', LOG_LEVEL: 'fatal', DATA_DIR: dataDir, ...settings }),
    ...overrides,
  };
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot(env, await reach(database)),
    {
      logger: env.logLevel === 'fatal' ? ['fatal'] : ['error', 'warn'],
      bodyParser: false,
      abortOnError: false,
      forceCloseConnections: true,
    },
  );
  setUpApp(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    app,
    url: `http://127.0.0.1:${port}`,
    database,
    source: app.get(DataSource),
    stop: async () => {
      await app.close();
      await rm(dataDir, { recursive: true, force: true });
      await dropDatabase(database);
    },
  };
}

/** A copy of the migrated database that the run's global set-up made. */
export function createDatabase(): Promise<TestDatabase> {
  return create((template) => template);
}

/** One without tables, to be dropped by `dropDatabase`. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return create(() => 'template0');
}

async function create(copyOf: (template: string) => string): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const server = await asAdmin(async (client, template) => {
    await client.query(`CREATE DATABASE "${name}" TEMPLATE "${copyOf(template)}"`);
  });
  return { ...server, database: name };
}

/** Takes a database away, with the sessions that are in it. */
export async function dropDatabase({ database }: TestDatabase): Promise<void> {
  await asAdmin((client) => drop(client, database));
}

/** Not WITH (FORCE): that fails when autovacuum is at work, which without it is asked to leave. */
async function drop(client: Client, name: string): Promise<void> {
  await client.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = current_user',
    [name],
  );
  await client.query(`DROP DATABASE IF EXISTS "${name}"`);
}

/** The migrated one in the PostgreSQL of this worker of jest. */
export function workersDatabase(): TestDatabase {
  const all = JSON.parse(process.env.PARLEY_TEST_DATABASES ?? '[]') as TestDatabase[];
  const own = all[Number(process.env.JEST_WORKER_ID ?? 1) - 1];
  if (!own) throw new Error('the global set-up has not run');
  return own;
}

async function asAdmin(work: (client: Client, template: string) => Promise<unknown>): Promise<TestDatabase> {
  const server = workersDatabase();
  const client = new Client({ ...server, database: 'postgres' });
  await client.connect();
  try {
    await work(client, server.database);
  } finally {
    await client.end();
  }
  return server;
}
