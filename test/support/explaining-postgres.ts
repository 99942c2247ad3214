import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataSourceOptions } from '../../src/database/data-source-options';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres/embedded-postgres';
import { migrate } from '../../src/database/migrate';
import type { TestDatabase } from './start-app';

/** A PostgreSQL of a suite's own that tells its clients how it has carried out each statement. */
export interface ExplainingPostgres {
  readonly database: TestDatabase;
  stop(): Promise<void>;
}

const SETTINGS = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
  'auto_explain.log_level': 'notice',
  // Statistics are taken when a test takes them.
  autovacuum: 'off',
};

/** Starts one with empty tables. */
export async function startExplainingPostgres(): Promise<ExplainingPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-explain-'));
  // As root the database runs as another user, who has to get to it.
  await chmod(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined, settings: SETTINGS });
  await migrate(dataSourceOptions(postgres.connection));
  return {
    database: postgres.connection,
    stop: async () => {
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
