import { availableParallelism } from 'node:os';
import { Logger } from '@nestjs/common';
import { SOCKET_PATH } from '@parley/protocol';
import { loadSigningKey } from './auth/signing-key';
import { createLogger } from './common/logger';
import { type Env, loadEnvFile, readEnv, WITHOUT_SECRETS } from './config/env';
import { dataSourceOptions, type DatabaseConnection } from './database/data-source-options';
import { startEmbeddedPostgres } from './database/embedded-postgres/embedded-postgres';
import { connectionsOf } from './database/following';
import { migrate } from './database/migrate';
import { explain } from './explain';
import { builtPage } from './page';
import { startServer } from './server';
import { Carried, oneAtATime } from './metrics/exposition';
import type { Snapshot } from './metrics/metrics';
import { MetricsServer } from './metrics/metrics-server';
import { readTls } from './tls';
import { WorkerPool } from './workers/worker-pool';

/** Connections that a database keeps for people and tools. */
const SPARE_CONNECTIONS = 10;

/** For what a worker does after it has drained. */
const CLOSE_MS = 10_000;

/** Things to end when the process ends, the last started first. */
const closers: (() => Promise<void>)[] = [];
let workers: WorkerPool<unknown> | undefined;

/** Reads the TLS files again; nothing while there are none, or while the start reads them anyhow. */
let reload = () => {};

/** Owns the database, the tables and the signals; serves itself, or has workers serve. */
export function runPrimary(): void {
  const starting = start().catch(fail);
  // Without a listener it would be the end, without a word to anybody.
  process.on('SIGHUP', () => reload());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A second one does not wait; the database is then found and adopted by the next start.
      if (ending) exitAtOnce();
      starting
        .then(end)
        .then(() => process.exit(0))
        .catch((error: unknown) => {
          process.stderr.write(`Parley did not end cleanly. ${explain(error)}\n`);
          exitAtOnce();
        });
    });
  }
}

async function start(): Promise<void> {
  loadEnvFile();
  const env = readEnv();
  const logger = createLogger(env);
  Logger.overrideLogger(logger);
  // Wrong files end the start before anything is made.
  if (env.tls) readTls(env.tls);
  const count = countWorkers(env, logger);
  const database = await openDatabase(env, count);
  const { migrations, warnings } = await migrate(dataSourceOptions(database), env.allowDataLoss);
  for (const warning of warnings) logger.warn(warning);
  if (migrations.length > 0) logger.log(`the tables were brought up to date: ${migrations.join(', ')}`);
  const { port, measure } = count > 1 ? await startWorkers(count, env, database) : await serve(env, database);
  const metrics = env.metrics && (await MetricsServer.start(env.metrics, measure));
  if (metrics) closers.push(() => metrics.close());
  printAddresses(env, port, { warnings, metrics: metrics?.url });
}

function countWorkers({ workers: wanted, redisUrls }: Env, logger: { log(line: string): void }): number {
  if (wanted !== 'auto') return wanted;
  const cores = availableParallelism();
  if (redisUrls.length > 0 || cores === 1) return cores;
  logger.log('WORKERS=auto runs one process: several need a Redis to speak over, set REDIS_URL');
  return 1;
}

async function openDatabase(env: Env, processes: number): Promise<DatabaseConnection> {
  if (env.databaseUrl) return { url: env.databaseUrl };
  const logger = new Logger('PostgreSQL');
  const connections = processes * connectionsOf(env.databasePoolSize) + SPARE_CONNECTIONS;
  const postgres = await startEmbeddedPostgres({
    dataDir: env.dataDir,
    log: (line) => logger.log(line),
    ...(connections > 100 && { settings: { max_connections: String(connections) } }),
  });
  closers.push(() => postgres.stop());
  return postgres.connection;
}

interface Running {
  port: number;
  measure: () => Promise<Snapshot[]>;
}

/** Serves in this process. */
async function serve(env: Env, database: DatabaseConnection): Promise<Running> {
  const server = await startServer({ env, database });
  closers.push(() => server.close());
  reload = () => server.reloadTls();
  return { port: server.port, measure: async () => [(await server.measure()) as Snapshot] };
}

/** Has workers serve, all on the same port. */
async function startWorkers(count: number, env: Env, database: DatabaseConnection): Promise<Running> {
  // One secret for all, made before the first of them looks for it.
  const jwtSecret = (await loadSigningKey(env)).export().toString();
  const logger = new Logger('Workers');
  const options = {
    count,
    // Over the channel between the processes: neither a command line nor an environment shows a password.
    handover: { env: { ...env, jwtSecret }, database },
    environment: WITHOUT_SECRETS,
    endMs: (env.drainPauseSeconds + env.drainDeadlineSeconds) * 1_000 + CLOSE_MS,
    log: (line: string) => logger.warn(line),
  };
  const pool = new WorkerPool(options, (error) => void fail(error, 'Parley ends.'));
  workers = pool;
  closers.push(() => pool.end());
  reload = () => pool.reload();
  const carried = new Carried();
  const measure = oneAtATime(async () =>
    carried.with((await pool.measure()) as Map<number, Snapshot | null>),
  );
  return { port: await pool.start(), measure };
}

function printAddresses(
  env: Env,
  port: number,
  { warnings, metrics }: { warnings: readonly string[]; metrics: string | undefined },
): void {
  const base = (env.publicUrl ?? `${env.tls ? 'https' : 'http'}://localhost:${port}`).replace(/\/$/, '');
  const lines = [
    '',
    'Parley is running.',
    ...(env.webPage && builtPage() !== null ? [`  Chat       ${base}/`] : []),
    `  REST       ${base}/v1`,
    `  WebSocket  ${base.replace(/^http/, 'ws')}${SOCKET_PATH}`,
    ...(env.apiDocs
      ? [`  API docs   ${base}/docs (OpenAPI: ${base}/openapi.json, AsyncAPI: ${base}/asyncapi.json)`]
      : []),
    ...(metrics ? [`  Metrics    ${metrics}`] : []),
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

async function fail(error: unknown, what = 'Parley cannot start.'): Promise<void> {
  await end().catch(() => undefined);
  process.stderr.write(`${what} ${explain(error)}\n`);
  process.exit(1);
}

function exitAtOnce(): never {
  workers?.kill();
  process.exit(1);
}
