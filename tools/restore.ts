import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { findServerDatabase } from './accounts/server-side';
import { copyOf, fileOf, type Manifest, readManifest, readMigrations, readTables } from './backup/manifest';
import { Options } from './support/options';
import { Refusal, runTool } from './support/refusal';

const USAGE = 'npm run restore -- FOLDER [--data-dir DIR]';

/** Fills the empty database of a server of the same release with what a backup holds: all of it, or nothing. */
async function main(): Promise<void> {
  const options = new Options(['data-dir'], USAGE);
  const [name, ...more] = options.positionals;
  if (name === undefined || more.length > 0) throw options.refuse('Name the folder of one backup');
  const folder = resolve(name);
  const manifest = await readManifest(folder);
  const client = new Client(findServerDatabase({ dataDir: options.text('data-dir') }));
  await client.connect();
  try {
    await client.query('BEGIN');
    await requireFit(client, manifest);
    for (const table of manifest.tables) {
      const copy = client.query(copyFrom(`${copyOf(table)} FROM STDIN`));
      await pipeline(createReadStream(fileOf(folder, table)), createGunzip(), copy).catch((error: Error) => {
        throw new Refusal(`Nothing is restored: ${table.name} cannot be read (${error.message}).`);
      });
      if (copy.rowCount !== table.rows) {
        throw new Refusal(
          `Nothing is restored: of ${table.name} there are ${copy.rowCount} rows instead of ${table.rows}.`,
        );
      }
    }
    await client.query('COMMIT');
    // Plans go by what the tables hold.
    await client.query('ANALYZE');
    console.error(`The database is as it was at ${manifest.takenAt}`);
  } finally {
    await client.end();
  }
}

async function requireFit(client: Client, manifest: Manifest): Promise<void> {
  const migrations = await readMigrations(client);
  if (migrations.join() !== manifest.migrations.join()) {
    const last = manifest.migrations.at(-1);
    throw new Refusal(
      `The backup was made after the migration ${last}, and the database is after ${migrations.at(-1)}: restore with the release that made it, and upgrade then.`,
    );
  }
  for (const { name } of await readTables(client)) {
    // Nobody else may write meanwhile.
    await client.query(`LOCK TABLE "${name}" IN EXCLUSIVE MODE`);
    const { rowCount } = await client.query(`SELECT FROM "${name}" LIMIT 1`);
    if (rowCount) throw new Refusal(`The database is not empty: there is something in ${name}.`);
  }
}

runTool(main);
