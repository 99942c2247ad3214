import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { Refusal } from '../support/refusal';

/** What a backup is, beside a file `<table>.copy.gz` for each table. */
export interface Manifest {
  format: number;
  /** Moment of the snapshot, ISO 8601. */
  takenAt: string;
  /** By name, all that the tables have been through. */
  migrations: string[];
  tables: Table[];
}

export interface Table {
  name: string;
  columns: string[];
  rows: number;
}

export const FORMAT = 1;
export const MANIFEST = 'manifest.json';

/** What belongs to a database and its minutes, and would be wrong in another one. */
const OWN = ['commit_feed', 'contact_change', 'migrations', 'sync_epoch'];

/** The tables that a backup holds, by name; numbers of transactions are left out, as another database has its own. */
export async function readTables(client: Client): Promise<Omit<Table, 'rows'>[]> {
  const { rows } = await client.query<Omit<Table, 'rows'>>(
    `SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       AND a.attgenerated = '' AND a.attname !~ '(^|_)xid$'
     WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname <> ALL($1)
     GROUP BY c.relname ORDER BY c.relname`,
    [OWN],
  );
  return rows;
}

export async function readMigrations(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY timestamp');
  return rows.map(({ name }) => name);
}

export async function readManifest(folder: string): Promise<Manifest> {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as Manifest;
  } catch (error) {
    throw new Refusal(`There is no backup in ${folder}: ${(error as Error).message}.`);
  }
  if (manifest.format !== FORMAT) throw new Refusal(`${folder} is a backup of another format.`);
  return manifest;
}

/** `COPY "table" ("column", …)`, as it begins in either direction. */
export function copyOf({ name, columns }: Omit<Table, 'rows'>): string {
  return `COPY "${name}" (${columns.map((column) => `"${column}"`).join(', ')})`;
}

export function fileOf(folder: string, { name }: Pick<Table, 'name'>): string {
  return join(folder, `${name}.copy.gz`);
}
