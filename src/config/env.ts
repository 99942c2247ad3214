import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { EnvError, Reader, type Source } from './env-reader';
import { type IssuerSettings, readSignIn } from './issuer-settings';

export { EnvError };

/** Every setting of the server, checked; `.env.example` explains each. */
export interface Env {
  production: boolean;
  host: string;
  port: number;
  /** Address that people reach the server at; null: made from host and port for what is printed at start. */
  publicUrl: string | null;
  /** Origins whose pages are let in besides the server's own, as browsers write them. */
  allowedOrigins: readonly string[];
  /** Whether a socket without an `Origin`, as of an app or a server, is refused. */
  originRequired: boolean;
  dataDir: string;
  /** Null: the embedded database is used. */
  databaseUrl: string | null;
  databasePoolSize: number;
  /** Settings of PostgreSQL that may be off although a crash then takes back what was acknowledged. */
  allowDataLoss: DurabilitySetting[];
  /** Of a Redis, or of some nodes of one cluster; none: in-memory implementations, one process. */
  redisUrls: readonly string[];
  /** Processes that serve behind the one port; auto: as many as cores, or one without Redis. */
  workers: number | 'auto';
  /** Members up to which nodes tell one another of a message by user; beyond, by conversation. */
  groupChannelMembers: number;
  /** Null (development only): a secret is made and kept in the data folder. */
  jwtSecret: string | null;
  accessTokenSeconds: number;
  refreshTokenSeconds: number;
  /** Whether people may make accounts themselves. */
  registration: boolean;
  /** Whether people may log in by a password of this server. */
  passwords: boolean;
  /** Null: no tokens but our own are taken. */
  issuer: IssuerSettings | null;
  heartbeatSeconds: number;
  presenceTtlSeconds: number;
  presenceGraceSeconds: number;
  cacheTtlSeconds: number;
  /** Null: metrics are not served. */
  metrics: { host: string; port: number; token: string | null } | null;
  tls: { certFile: string; keyFile: string } | null;
  /** Null: permessage-deflate is not offered. */
  deflate: { thresholdBytes: number; concurrency: number } | null;
  /** Bytes that may wait for one slow client before it is closed. */
  outQueueBytes: number;
  /** Seconds without a byte taken of what waits for a client, after which it is closed. */
  outQueueSeconds: number;
  /** Seconds in which a server that is to stop still takes new clients, so that a balancer sends them elsewhere. */
  drainPauseSeconds: number;
  /** Seconds after that until everything is ended. */
  drainDeadlineSeconds: number;
  /** Messages that may wait for the database before `overloaded` is answered. */
  writeQueueMessages: number;
  /** Whether what a message was before an edit is kept. */
  editHistory: boolean;
  /** Seconds after which a message cannot be edited any more; 0: it always can. */
  editWindowSeconds: number;
  /** Whether the chat page is served at `/`. */
  webPage: boolean;
  apiDocs: boolean;
  logLevel: LogLevel;
}

const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];
/** The settings of PostgreSQL without which a commit that was answered may be lost. */
export const DURABILITY_SETTINGS = ['fsync', 'full_page_writes', 'synchronous_commit'] as const;
export type DurabilitySetting = (typeof DURABILITY_SETTINGS)[number];
const MIN_SECRET_BYTES = 32;
const MAX_WORKERS = 256;

/** For the environment of a process that is handed its settings: without those that hold a secret. */
export const WITHOUT_SECRETS = {
  DATABASE_URL: undefined,
  REDIS_URL: undefined,
  JWT_SECRET: undefined,
  METRICS_TOKEN: undefined,
};

/** Reads `.env` beside the process if it is there; real environment variables win. */
export function loadEnvFile(): void {
  if (!existsSync('.env')) return;
  try {
    process.loadEnvFile('.env');
  } catch (error) {
    throw new EnvError(`.env cannot be read: ${(error as Error).message}`);
  }
}

/** All settings, or an EnvError that names the first wrong one. */
export function readEnv(source: Source = process.env): Env {
  const read = new Reader(source);
  const production =
    read.oneOf('NODE_ENV', ['development', 'test', 'production'], 'development') === 'production';
  const databaseUrl = read.url('DATABASE_URL', ['postgres:', 'postgresql:']);
  const redisUrls = read.urls('REDIS_URL', ['redis:', 'rediss:']);
  const embedded = read.flag('EMBEDDED_POSTGRES', false);
  if (production && !databaseUrl && !embedded) {
    throw new EnvError(
      'DATABASE_URL is empty: in production name a PostgreSQL there, or set EMBEDDED_POSTGRES=1 to run the embedded one.',
    );
  }
  return {
    production,
    host: read.text('HOST', '0.0.0.0'),
    port: read.integer('PORT', 3000, 0, 65_535),
    publicUrl: read.url('PUBLIC_URL', ['http:', 'https:']),
    allowedOrigins: read.origins('ALLOWED_ORIGINS'),
    originRequired: read.flag('ORIGIN_REQUIRED', false),
    dataDir: resolve(read.text('DATA_DIR', '.parley')),
    databaseUrl,
    databasePoolSize: read.integer('DATABASE_POOL_SIZE', 10, 2, 1_000),
    allowDataLoss: read.listOf('ALLOW_DATA_LOSS', DURABILITY_SETTINGS),
    redisUrls,
    workers: readWorkers(read, redisUrls),
    groupChannelMembers: read.integer('GROUP_CHANNEL_MEMBERS', 16, 2, 1_000),
    jwtSecret: readSecret(read, production),
    accessTokenSeconds: read.integer('ACCESS_TOKEN_TTL', 900, 5, 86_400),
    refreshTokenSeconds: read.integer('REFRESH_TOKEN_TTL', 60 * 86_400, 60, 400 * 86_400),
    ...readSignIn(read, production),
    heartbeatSeconds: read.integer('HEARTBEAT_SECONDS', 20, 1, 300),
    presenceTtlSeconds: read.integer('PRESENCE_TTL', 3_600, 1, 604_800),
    presenceGraceSeconds: read.integer('PRESENCE_GRACE', 60, 0, 600),
    cacheTtlSeconds: read.integer('CACHE_TTL', 60, 1, 86_400),
    metrics: readMetrics(read),
    tls: readTls(read),
    deflate: readDeflate(read),
    outQueueBytes: read.integer('OUT_QUEUE_BYTES', 1_048_576, 65_536, 1_073_741_824),
    outQueueSeconds: read.integer('OUT_QUEUE_SECONDS', 30, 1, 3_600),
    drainPauseSeconds: read.integer('DRAIN_PAUSE', 0, 0, 3_600),
    drainDeadlineSeconds: read.integer('DRAIN_DEADLINE', 20, 1, 3_600),
    writeQueueMessages: read.integer('WRITE_QUEUE_MESSAGES', 20_000, 100, 1_000_000),
    editHistory: read.flag('EDIT_HISTORY', false),
    editWindowSeconds: read.integer('EDIT_WINDOW_SECONDS', 0, 0, 2_000_000_000),
    webPage: read.flag('WEB_PAGE', true),
    apiDocs: read.flag('API_DOCS', true),
    logLevel: read.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
  };
}

function readWorkers(read: Reader, redisUrls: readonly string[]): Env['workers'] {
  if (read.text('WORKERS', '1').toLowerCase() === 'auto') return 'auto';
  const workers = read.integer('WORKERS', 1, 1, MAX_WORKERS, 'auto, or ');
  if (workers > 1 && redisUrls.length === 0) {
    throw new EnvError(
      `WORKERS is ${workers} and REDIS_URL is empty: several processes need a Redis to speak over; set REDIS_URL, or WORKERS to 1.`,
    );
  }
  return workers;
}

function readSecret(read: Reader, production: boolean): string | null {
  const secret = read.optional('JWT_SECRET');
  if (secret === null) {
    if (!production) return null;
    throw new EnvError(
      'JWT_SECRET is missing: in production set it, for example to the output of "openssl rand -base64 48".',
    );
  }
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES || new Set(secret).size < 10) {
    throw new EnvError(
      `JWT_SECRET is too weak: give it at least ${MIN_SECRET_BYTES} random bytes, for example the output of "openssl rand -base64 48".`,
    );
  }
  return secret;
}

function readMetrics(read: Reader): Env['metrics'] {
  const host = read.text('METRICS_HOST', '127.0.0.1');
  const token = read.optional('METRICS_TOKEN');
  if (read.optional('METRICS_PORT') === null) return null;
  return { host, port: read.integer('METRICS_PORT', 0, 0, 65_535), token };
}

function readTls(read: Reader): Env['tls'] {
  const certFile = read.file('TLS_CERT');
  const keyFile = read.file('TLS_KEY');
  if (!certFile && !keyFile) return null;
  if (!certFile)
    throw new EnvError('TLS_CERT is missing: TLS_KEY alone does not make TLS; set both or none.');
  if (!keyFile) throw new EnvError('TLS_KEY is missing: TLS_CERT alone does not make TLS; set both or none.');
  return { certFile, keyFile };
}

function readDeflate(read: Reader): Env['deflate'] {
  const on = read.flag('WS_DEFLATE', false);
  const thresholdBytes = read.integer('WS_DEFLATE_THRESHOLD', 1_024, 0, 1_048_576);
  const concurrency = read.integer('WS_DEFLATE_CONCURRENCY', 4, 1, 64);
  return on ? { thresholdBytes, concurrency } : null;
}
