import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SOCKET_PATH } from '@parley/protocol';
import { AppModule } from './app.module';
import { setUpApp } from './app.setup';
import { Draining } from './common/draining';
import { createLogger } from './common/logger';
import { EnvError, loadEnvFile, readEnv, type Env } from './config/env';
import { dataSourceOptions, type DatabaseConnection } from './database/data-source-options';
import { EmbeddedPostgresError, startEmbeddedPostgres } from './database/embedded-postgres/embedded-postgres';
import { DatabaseNotDurableError } from './database/durability';
import { DatabaseUnreachableError, migrate } from './database/migrate';
import { readTls, reloadTlsOnHangup } from './tls';

/** Things to end when the process ends, the last started first. */
const closers: (() => Promise<void>)[] = [];

async function start(): Promise<void> {
  loadEnvFile();
  const env = readEnv();
  const logger = createLogger(env);
  Logger.overrideLogger(logger);
  const tls = env.tls && readTls(env.tls);
  const database = await openDatabase(env);
  const { migrations, warnings } = await migrate(dataSourceOptions(database), env.allowDataLoss);
  for (const warning of warnings) logger.warn(warning);
  if (migrations.length > 0) logger.log(`the tables were brought up to date: ${migrations.join(', ')}`);
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(env, database), {
    logger,
    bodyParser: false,
    abortOnError: false,
    forceCloseConnections: true,
    ...(tls && { httpsOptions: tls }),
  });
  closers.push(async () => {
    // Closing stops what follows other processes; what is under way still needs that.
    await app.get(Draining).run();
    await app.close();
  });
  setUpApp(app);
  await app.listen(env.port, env.host);
  reloadTlsOnHangup(app.getHttpServer(), env.tls, new Logger('TLS'));
  printAddresses(env, app, warnings);
}

async function openDatabase(env: Env): Promise<DatabaseConnection> {
  if (env.databaseUrl) return { url: env.databaseUrl };
  const logger = new Logger('PostgreSQL');
  const postgres = await startEmbeddedPostgres({ dataDir: env.dataDir, log: (line) => logger.log(line) });
  closers.push(() => postgres.stop());
  return postgres.connection;
}

function printAddresses(env: Env, app: NestExpressApplication, warnings: readonly string[]): void {
  const { port } = app.getHttpServer().address() as { port: number };
  const base = (env.publicUrl ?? `${env.tls ? 'https' : 'http'}://localhost:${port}`).replace(/\/$/, '');
  const lines = [
    '',
    'Parley is running.',
    `  REST       ${base}/v1`,
    `  WebSocket  ${base.replace(/^http/, 'ws')}${SOCKET_PATH}`,
    ...(env.apiDocs ? [`  API docs   ${base}/docs (OpenAPI: ${base}/openapi.json)`] : []),
    ...warnings.map((warning) => `  Warning    ${warning}`),
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

let ending: Promise<void> | undefined;

/** Ends everything in order: clients are told, requests are answered, the database goes last. */
function end(): Promise<void> {
  ending ??= (async () => {
    for (let close = closers.pop(); close; close = closers.pop()) await close();
  })();
  return ending;
}

/** What a person can set right is told in its one sentence, everything else with its stack. */
function explain(error: unknown): string {
  if (
    error instanceof EnvError ||
    error instanceof EmbeddedPostgresError ||
    error instanceof DatabaseNotDurableError ||
    error instanceof DatabaseUnreachableError
  ) {
    return toSentence(error.message);
  }
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return 'HOST is no address of this machine: set it to one, or leave it out to listen on all.';
  }
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken: stop what listens there, or set PORT to another one.`;
  if (code === 'EACCES' && port)
    return `Port ${port} may not be used by this user: set PORT to one above 1023.`;
  return error.stack ?? error.message;
}

function toSentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith('.') ? '' : '.');
}

async function fail(error: unknown): Promise<void> {
  await end().catch(() => undefined);
  process.stderr.write(`Parley cannot start. ${explain(error)}\n`);
  process.exit(1);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A second one does not wait; the database is then found and adopted by the next start.
    if (ending) process.exit(1);
    starting
      .then(end)
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        process.stderr.write(`Parley did not end cleanly. ${explain(error)}\n`);
        process.exit(1);
      });
  });
}

const starting = start().catch(fail);
