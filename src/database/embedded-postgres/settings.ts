import { totalmem } from 'node:os';
import { EmbeddedPostgresError } from './errors';

/** What Parley promises (acked means durable), or relies on: not for callers to change. */
const FIXED: Readonly<Record<string, string>> = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
};
const OURS = [
  ...Object.keys(FIXED),
  'listen_addresses',
  'port',
  'unix_socket_directories',
  'unix_socket_permissions',
  'data_directory',
];

/** Where PostgreSQL listens: a socket in `socketDir`, or a loopback `port` on Windows. */
export type Listen = { socketDir: string; port: number } | { port: number };

/** Command-line arguments of `postgres`; they win over every configuration file. */
export function postgresArguments(
  data: string,
  listen: Listen,
  name: string,
  extra: Record<string, string> = {},
): string[] {
  for (const key of Object.keys(extra)) {
    if (OURS.includes(key.toLowerCase())) {
      throw new EmbeddedPostgresError(
        `the setting ${key} belongs to Parley: leave it out, or set DATABASE_URL to a PostgreSQL of your own`,
      );
    }
  }
  // cluster_name also keeps a later Parley from adopting a PostgreSQL of another minor version.
  const settings = {
    ...DEFAULTS,
    shared_buffers: sharedBuffers(),
    cluster_name: name,
    ...extra,
    ...listening(listen),
    ...FIXED,
  };
  return ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])];
}

/** For a chat server on a small machine: many short transactions, few connections. */
const DEFAULTS: Readonly<Record<string, string>> = {
  max_connections: '100',
  // At full rate the WAL grows by 10 MB/s: rarer checkpoints, fewer full-page images,
  // paid for with up to 2 GB of disk and a crash recovery of some ten seconds.
  max_wal_size: '2GB',
  min_wal_size: '128MB',
  checkpoint_timeout: '10min',
  wal_compression: 'pglz', // the binaries are built without lz4 and zstd
  jit: 'off', // compiling costs more than any query of ours
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  log_checkpoints: 'off', // one every ten minutes says nothing
  log_lock_waits: 'on',
  logging_collector: 'off', // stderr goes to our file; the supervisor keeps it small
  log_destination: 'stderr',
};

function listening(listen: Listen): Record<string, string> {
  if (!('socketDir' in listen)) return { listen_addresses: '127.0.0.1', port: String(listen.port) };
  return {
    listen_addresses: '',
    port: String(listen.port),
    unix_socket_directories: listen.socketDir,
    unix_socket_permissions: '0700',
    // Queries of a killed Parley end, also when its successor adopts the database.
    client_connection_check_interval: '5s',
  };
}

function sharedBuffers(): string {
  const eighth = Math.floor(totalmem() / 8 / 2 ** 20);
  return `${Math.min(256, Math.max(32, eighth))}MB`;
}
