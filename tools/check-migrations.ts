import 'reflect-metadata';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../src/database/data-source-options';
import { startEmbeddedPostgres } from '../src/database/embedded-postgres/embedded-postgres';

/** Runs all migrations up, down and up again on an empty database, and reports where they and the entities differ. */
async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-migrations-'));
  // As root the database runs as another user, who has to get to it.
  await chmod(dataDir, 0o755);
  try {
    const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
    try {
      const dataSource = await new DataSource(dataSourceOptions(postgres.connection, 2)).initialize();
      const complaints = await check(dataSource).finally(() => dataSource.destroy());
      for (const complaint of complaints) console.error(complaint);
      if (complaints.length > 0) process.exitCode = 1;
      else console.log(`${dataSource.migrations.length} migrations match the entities and can be reverted`);
    } finally {
      await postgres.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function check(dataSource: DataSource): Promise<string[]> {
  await dataSource.runMigrations();
  const drift = await dataSource.driver.createSchemaBuilder().log();
  for (let i = 0; i < dataSource.migrations.length; i++) await dataSource.undoLastMigration();
  const leftovers = await leftBehind(dataSource);
  if (leftovers.length === 0) await dataSource.runMigrations();
  return [
    ...drift.upQueries.map(({ query }) => `The entities want what no migration does: ${query}`),
    ...leftovers.map((name) => `Reverting the migrations leaves behind: ${name}`),
  ];
}

/** Tables, views, sequences, indexes, types and functions in the schema, but for TypeORM's own list. */
async function leftBehind(dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query<{ name: string }[]>(`
    SELECT name FROM (
      SELECT relname::text AS name, relnamespace AS schema FROM pg_class
      UNION SELECT typname::text, typnamespace FROM pg_type WHERE typtype <> 'c' AND typcategory <> 'A'
      UNION SELECT p.oid::regprocedure::text, pronamespace FROM pg_proc p
        WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    ) everything
    WHERE schema = current_schema()::regnamespace AND name NOT LIKE 'migrations%' AND name NOT LIKE 'PK\\_%'
    ORDER BY name`);
  return rows.map(({ name }) => name);
}

main().catch((error: unknown) => {
  console.error('The migrations cannot be run and reverted:', error);
  process.exitCode = 1;
});
