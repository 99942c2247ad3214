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
  var parleyTestDatabase: EmbeddedPostgres | undefined;
}

/** One PostgreSQL for the run; every test file gets a database of its own, copied from a migrated one. */
export default async function globalSetup(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-test-'));
  // As root the database runs as another user, who has to get to it.
  await chmod(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
  globalThis.parleyTestDatabase = postgres;
  const source = await new DataSource(dataSourceOptions(postgres.connection)).initialize();
  await source.runMigrations();
  await source.destroy();
  process.env.PARLEY_TEST_DATABASE = JSON.stringify({ ...postgres.connection, dataDir });
}
