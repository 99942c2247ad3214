import { chmodSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { findBinaries, majorVersion, prepareBinaries } from './binaries';
import { explainFileError } from './errors';
import { initCluster, readPassword, ROLE } from './init-cluster';
import { acquireOwnerLock } from './owner-lock';
import { checkVersion, choosePlace, holdsCluster, type Place } from './place';
import { STOP_LIMITS } from './postmaster';
import { type Listen, postgresArguments } from './settings';
import { makeSocketDir, removeSocketDir, SOCKET_PORT } from './socket-dir';
import { Supervisor, type SupervisorTimes } from './supervisor';

export { EmbeddedPostgresError } from './errors';

export interface EmbeddedPostgresOptions {
  /** Parley's data folder; made when it is missing. */
  dataDir: string;
  /** Receives one line for each thing worth knowing. */
  log: (line: string) => void;
  /** PostgreSQL settings beyond Parley's own, such as `{ work_mem: '8MB' }`. */
  settings?: Record<string, string>;
}

/** A PostgreSQL that Parley runs itself: restarted when it dies, until `stop`. */
export interface EmbeddedPostgres {
  /** For `pg`: `host` is the folder of a unix socket, or loopback on Windows. */
  readonly connection: { host: string; port: number; user: string; password: string; database: string };
  /** The main process; another one after a restart. */
  readonly pid: number;
  /** Ends all sessions and the database; safe to call twice. */
  stop(): Promise<void>;
}

const TIMES: SupervisorTimes = { ...STOP_LIMITS, minDelay: 100, maxDelay: 30_000, healthyAfter: 60_000 };

/** Starts the database in `dataDir`, made there at the first start.
 * Throws EmbeddedPostgresError for all that a person can set right. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    return await start(options);
  } catch (error) {
    throw explainFileError(error, options.dataDir);
  }
}

async function start({ dataDir, log, settings }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const found = findBinaries(); // first: without them no folder is made
  const place = choosePlace(dataDir, log);
  const lock = await acquireOwnerLock(join(place.home, 'owner.lock'));
  try {
    const binaries = await prepareBinaries(found, place.user, log);
    if (holdsCluster(place.home)) checkVersion(place.data, majorVersion(binaries));
    else await initCluster(place, binaries);
    if (process.platform !== 'win32') chmodSync(place.data, 0o700); // unpacked backups tend to be wider
    const password = readPassword(place.data);
    const listen = await whereToListen(place);
    const args = postgresArguments(place.data, listen, `parley ${binaries.version}`, settings);
    const cluster = { ...place, binaries, args, logFile: join(place.home, 'postgres.log') };
    const socketFile = 'socketDir' in listen ? join(listen.socketDir, `.s.PGSQL.${listen.port}`) : undefined;
    const supervisor = new Supervisor(cluster, socketFile, TIMES, log);
    await supervisor.start();
    const host = 'socketDir' in listen ? listen.socketDir : '127.0.0.1';
    return {
      connection: { host, port: listen.port, user: ROLE, password, database: ROLE },
      get pid() {
        return supervisor.pid;
      },
      async stop() {
        await supervisor.stop();
        if ('socketDir' in listen) removeSocketDir(listen.socketDir, place);
        lock.release(); // not when the stop failed: PostgreSQL may still run
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function whereToListen(place: Place): Promise<Listen> {
  if (process.platform !== 'win32') return { socketDir: makeSocketDir(place), port: SOCKET_PORT };
  return { port: await freePort() };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
