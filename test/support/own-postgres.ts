import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataSourceOptions } from '../../src/database/data-source-options';
import { startEmbeddedPostgres } from '../../src/database/embedded-postgres/embedded-postgres';
import { migrate } from '../../src/database/migrate';
import type { TestDatabase } from './start-app';

/** A PostgreSQL that only one suite uses. */
export interface OwnPostgres {
  readonly database: TestDatabase;
  stop(): Promise<void>;
}

/** Starts one with empty tables. */
export async function startOwnPostgres(settings: Record<string, string> = {}): Promise<OwnPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-postgres-'));
  // As root the database runs as another user, who has to get to it.
  await chmod(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined, settings });
  await migrate(dataSourceOptions(postgres.connection));
  return {
    database: postgres.connection,
    stop: async () => {
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
