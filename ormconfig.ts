import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { loadEnvFile, readEnv } from './src/config/env';
import { dataSourceOptions } from './src/database/data-source-options';

loadEnvFile();
const { databaseUrl } = readEnv();
if (!databaseUrl) {
  throw new Error('DATABASE_URL is empty: the TypeORM commands need a running PostgreSQL, name one there.');
}

/** The data source of the TypeORM CLI: `npx typeorm-ts-node-commonjs migration:show -d ormconfig.ts`. */
export default new DataSource(dataSourceOptions({ url: databaseUrl }));
