import 'reflect-metadata';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { format, resolveConfig } from 'prettier';
import { AppModule } from '../src/app.module';
import { readEnv } from '../src/config/env';
import { openApiDocument } from '../src/openapi';

const FILE = join(process.cwd(), 'docs/openapi.json');

/** Writes docs/openapi.json from the routes; with --check only says whether it is what they are. */
async function main(check: boolean): Promise<void> {
  const env = readEnv({ NODE_ENV: 'test', DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
  // Preview: the routes are looked at, nothing is started and no database is needed.
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot(env, { url: env.databaseUrl ?? '' }),
    {
      preview: true,
      logger: ['error'],
      abortOnError: false,
    },
  );
  app.setGlobalPrefix('v1', { exclude: ['health/live', 'health/ready'] });
  const options = await resolveConfig(FILE);
  const text = await format(JSON.stringify(openApiDocument(app)), { ...options, filepath: FILE });
  if (!check) return writeFile(FILE, text);
  const committed = await readFile(FILE, 'utf8').catch(() => '');
  if (committed === text) return;
  console.error('docs/openapi.json is not what the routes are: run "npm run openapi" and commit it.');
  process.exitCode = 1;
}

void main(process.argv.includes('--check'));
