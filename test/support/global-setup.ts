import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source-options';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/database/embedded-postgres/embedded-postgres';

declare global {
  var parleyTestDatabases: EmbeddedPostgres[] | undefined;
}

/**
 * A PostgreSQL for each of jest's workers; every test file gets a database of its own, copied from a migrated one.
 *
 * Not one for all: a cursor of `sync` is the oldest transaction of a whole PostgreSQL, so what one file holds open
 * would have another one told again what it knows.
 */
export default async function globalSetup({ maxWorkers }: { maxWorkers: number }): Promise<void> {
  const dataDirs = await Promise.all(Array.from({ length: maxWorkers }, makeDataDir));
  const databases = await Promise.all(dataDirs.map(startMigrated));
  globalThis.parleyTestDatabases = databases;
  process.env.PARLEY_TEST_DATABASES = JSON.stringify(
    databases.map(({ connection }, index) => ({ ...connection, dataDir: dataDirs[index] })),
  );
}

async function makeDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-test-'));
  // As root the database runs as another user, who has to get to it.
  await chmod(dataDir, 0o755);
  return dataDir;
}

async function startMigrated(dataDir: string): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
  const source = await new DataSource(dataSourceOptions(postgres.connection)).initialize();
  await source.runMigrations();
  await source.destroy();
  return postgres;
}
