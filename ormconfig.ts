import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { loadEnvFile, readEnv } from './src/config/env';
import { dataSourceOptions, type DatabaseConnection } from './src/database/data-source-options';
import { findRunningPostgres } from './src/database/embedded-postgres/attach';

/** The database of the settings: DATABASE_URL or, while a server runs, the embedded one in DATA_DIR. */
function findDatabase(): DatabaseConnection {
  loadEnvFile();
  const { databaseUrl, dataDir } = readEnv();
  const database = databaseUrl ? { url: databaseUrl } : findRunningPostgres(dataDir);
  if (database) return database;
  throw new Error(`No database: set DATABASE_URL, or start the server whose embedded one is in ${dataDir}.`);
}

/** The data source of the TypeORM CLI: `npx typeorm-ts-node-commonjs migration:show -d ormconfig.ts`. */
export default new DataSource(dataSourceOptions(findDatabase()));
