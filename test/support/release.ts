import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Client from '@parley/client';
import type { ServerEvents } from '@parley/protocol';
import type * as BusCodec from '../../src/connections/bus/bus-codec';
import type { BusMessage } from '../../src/connections/bus/bus-message';
import type * as BusPayload from '../../src/connections/bus/bus-payload';
import type * as RedisBus from '../../src/connections/bus/redis-bus';
import { Frame } from '../../src/connections/frame';
import type * as Redis from '../../src/redis/redis';
import type * as RedisPresenceStore from '../../src/presence/redis-presence-store';

const FOLDER = join(__dirname, '../releases');

export interface Table {
  table: string;
  columns: { name: string; type: string; required: boolean }[];
  uniques: string[];
}

/** What was kept of a release: its own code, and what it has written. */
export interface Release {
  readonly version: string;
  readonly client: typeof Client;
  readonly codec: typeof BusCodec;
  readonly redis: typeof Redis;
  readonly payload: typeof BusPayload;
  readonly bus: typeof RedisBus;
  readonly presence: typeof RedisPresenceStore;
  /** By kind, messages as they travelled. */
  readonly messages: Record<string, string>;
  readonly tables: Table[];
}

/** All that `npm run keep-release` has kept. */
export function releases(): Release[] {
  const versions = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return versions.map(({ name }) => {
    const require = createRequire(join(FOLDER, name, 'release.js'));
    const load = <T>(path: string) => require(`./${path}`) as T;
    const read = <T>(path: string) => JSON.parse(readFileSync(join(FOLDER, name, path), 'utf8')) as T;
    return {
      version: name,
      client: load<typeof Client>('client/index.js'),
      codec: load<typeof BusCodec>('src/connections/bus/bus-codec.js'),
      redis: load<typeof Redis>('src/redis/redis.js'),
      payload: load<typeof BusPayload>('src/connections/bus/bus-payload.js'),
      bus: load<typeof RedisBus>('src/connections/bus/redis-bus.js'),
      presence: load<typeof RedisPresenceStore>('src/presence/redis-presence-store.js'),
      messages: read<Record<string, string>>('bus.json'),
      tables: read<Table[]>('schema.json'),
    };
  });
}

/** What a database must be asked for its tables. */
export const schemaQuery = readFileSync(join(FOLDER, 'schema.sql'), 'utf8');

/** A message of each kind that there is now. */
export function sampleMessages(): Record<BusMessage['type'], BusMessage> {
  const text = readFileSync(join(FOLDER, 'samples.json'), 'utf8');
  return JSON.parse(text, (_key, value: { event?: keyof ServerEvents; data: never } | null) =>
    value?.event ? Frame.push(value.event, value.data) : value,
  ) as Record<BusMessage['type'], BusMessage>;
}
