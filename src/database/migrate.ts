import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DurabilitySetting } from '../config/env';
import { requireDurable } from './durability';

/** Any constant, the same in every Parley process. */
const MIGRATION_LOCK = 7_241_015;

/** The database does not answer, or refuses us; the message says what to look at. */
export class DatabaseUnreachableError extends Error {}

export interface Migrated {
  /** Those that were run, by name. */
  migrations: string[];
  /** What a crash of this database may take back. */
  warnings: string[];
}

/** Brings the tables up to date; of several processes that start at once one does it and the others wait. */
export async function migrate(
  options: DataSourceOptions,
  allowDataLoss: readonly DurabilitySetting[] = [],
): Promise<Migrated> {
  const source = await connect(options);
  const lock = source.createQueryRunner();
  try {
    const warnings = await requireDurable(source, allowDataLoss);
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const done = await source.runMigrations();
    return { migrations: done.map((migration) => migration.name), warnings };
  } finally {
    await lock.query('SELECT pg_advisory_unlock_all()');
    await lock.release();
    await source.destroy();
  }
}

async function connect(options: DataSourceOptions): Promise<DataSource> {
  try {
    return await new DataSource(withoutTimeouts(options)).initialize();
  } catch (error) {
    const reason = error instanceof AggregateError ? String(error.errors[0]) : (error as Error).message;
    throw new DatabaseUnreachableError(
      `The database of DATABASE_URL cannot be used (${reason}): check that it runs, and the name and password in the URL.`,
      { cause: error },
    );
  }
}

/** A migration takes as long as the data wants. */
function withoutTimeouts(options: DataSourceOptions): DataSourceOptions {
  return { ...options, poolSize: 2, extra: {} } as DataSourceOptions;
}
