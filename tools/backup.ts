import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { findServerDatabase } from './accounts/server-side';
import {
  copyOf,
  fileOf,
  FORMAT,
  MANIFEST,
  type Manifest,
  readMigrations,
  readTables,
} from './backup/manifest';
import { Options } from './support/options';
import { Refusal, runTool } from './support/refusal';

const USAGE = 'npm run backup -- FOLDER [--data-dir DIR]';

/** Writes all that the database holds, as of one moment, into a new folder; servers go on meanwhile. */
async function main(): Promise<void> {
  const options = new Options(['data-dir'], USAGE);
  const [name, ...more] = options.positionals;
  if (name === undefined || more.length > 0) throw options.refuse('Name one folder for the backup');
  const folder = resolve(name);
  if (
    await readdir(folder)
      .then((found) => found.length > 0)
      .catch(() => false)
  ) {
    throw new Refusal(`${folder} is not empty: name a new folder.`);
  }
  const client = new Client(findServerDatabase({ dataDir: options.text('data-dir') }));
  await client.connect();
  // Under its own name it is complete.
  const partial = `${folder}.partial`;
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(dirname(partial), { recursive: true });
    await mkdir(partial, { mode: 0o700 });
    const { tables } = await backUp(client, partial);
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    console.error(`${rows} rows of ${tables.length} tables are in ${folder}`);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (isOfSystem(error)) throw new Refusal(`Cannot write ${folder}: ${error.message}.`);
    throw error;
  } finally {
    await client.end();
  }
}

async function backUp(client: Client, folder: string): Promise<Manifest> {
  // One snapshot for all tables.
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const { rows } = await client.query<{ now: Date }>('SELECT now()');
  const manifest: Manifest = {
    format: FORMAT,
    takenAt: rows[0]!.now.toISOString(),
    migrations: await readMigrations(client),
    tables: [],
  };
  for (const table of await readTables(client)) {
    const copy = client.query(copyTo(`${copyOf(table)} TO STDOUT`));
    await pipeline(copy, createGzip(), createWriteStream(fileOf(folder, table), { mode: 0o600 }));
    manifest.tables.push({ ...table, rows: copy.rowCount });
  }
  await client.query('COMMIT');
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
  return manifest;
}

function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

runTool(main);
