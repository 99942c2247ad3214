import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { hash } from '@node-rs/argon2';
import { Client, type ClientConfig } from 'pg';
import { loadSigningKey } from '../../src/auth/signing-key';
import { TokenService } from '../../src/auth/token.service';
import { SystemClock } from '../../src/common/clock';
import { type Env, EnvError, loadEnvFile, readEnv } from '../../src/config/env';
import {
  EmbeddedPostgresError,
  startEmbeddedPostgres,
} from '../../src/database/embedded-postgres/embedded-postgres';
import { findRunningPostgres } from '../../src/database/embedded-postgres/attach';
import { Refusal } from '../support/refusal';

export interface ServerSideOptions {
  /** Instead of DATA_DIR. */
  dataDir?: string | undefined;
  /** Instead of this process's environment. */
  settings?: Record<string, string>;
}

/** What a server on this machine keeps to itself: its database, and the secret of its tokens. */
export interface ServerSide {
  database: ClientConfig;
  hashPassword(password: string): Promise<string>;
  /** An access token for a session. */
  signToken(userId: string, sessionId: string, ttlSeconds: number): Promise<string>;
}

/** Finds it by the settings that the server reads; rejects with a Refusal when it is not here. */
export async function openServerSide(options: ServerSideOptions): Promise<ServerSide> {
  return open(readSettings(options));
}

/** Its database alone. */
export function findServerDatabase(options: ServerSideOptions): ClientConfig {
  return findDatabase(readSettings(options));
}

/** A session in it. */
export async function openDatabase(options: ServerSideOptions): Promise<Client> {
  const client = new Client(findServerDatabase(options));
  await client.connect().catch((error: Error) => {
    throw new Refusal(`The server's database cannot be used: ${error.message || String(error)}.`);
  });
  return client;
}

function readSettings({ dataDir, settings }: ServerSideOptions): Env {
  try {
    if (!settings) loadEnvFile();
    const env = readEnv(settings);
    return dataDir === undefined ? env : { ...env, dataDir: resolve(dataDir) };
  } catch (error) {
    throw error instanceof EnvError ? new Refusal(error.message) : error;
  }
}

/** A database of a tool's own, for several servers. */
export interface KeptDatabase {
  /** As DATABASE_URL names it. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Runs a database in a folder, as a server would for itself, and starts it again when it dies. */
export async function keepDatabase(dataDir: string): Promise<KeptDatabase> {
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
  const { host, port, user, password, database } = postgres.connection;
  const reach = new URLSearchParams({ host });
  return {
    url: `postgres://${user}:${password}@localhost:${port}/${database}?${reach.toString()}`,
    stop: () => postgres.stop(),
  };
}

/** The database that a server keeps in a folder of its own, while it runs. */
export function databaseIn(dataDir: string): ClientConfig {
  return findDatabase({ databaseUrl: null, dataDir });
}

async function open(env: Env): Promise<ServerSide> {
  const database = findDatabase(env);
  if (!env.jwtSecret && !existsSync(join(env.dataDir, 'jwt-secret'))) {
    throw new Refusal(
      `There is no jwt-secret in ${env.dataDir}: set JWT_SECRET or DATA_DIR as the server has them.`,
    );
  }
  const key = await loadSigningKey(env);
  return {
    database,
    hashPassword: (password) => hash(password), // its parameters stand in the hash
    signToken: async (userId, sessionId, accessTokenSeconds) => {
      const tokens = new TokenService(key, { accessTokenSeconds }, new SystemClock());
      return (await tokens.mint({ userId, sessionId })).accessToken;
    },
  };
}

function findDatabase({ databaseUrl, dataDir }: Pick<Env, 'databaseUrl' | 'dataDir'>): ClientConfig {
  if (databaseUrl) return { connectionString: databaseUrl };
  try {
    const running = findRunningPostgres(dataDir);
    if (running) return running;
  } catch (error) {
    throw error instanceof EmbeddedPostgresError ? new Refusal(error.message) : error;
  }
  throw new Refusal(
    `No database runs in ${dataDir}: start the server, or set DATABASE_URL or DATA_DIR as it has them.`,
  );
}
