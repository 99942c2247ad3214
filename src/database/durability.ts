import type { DataSource } from 'typeorm';

/** The database would acknowledge what a crash takes back; the message says what to set. */
export class DatabaseNotDurableError extends Error {}

const REQUIRED = ['fsync', 'synchronous_commit'];

/** Rejects unless a commit, as this user in this database, is on disk when it is answered. */
export async function requireDurable(source: DataSource): Promise<void> {
  const rows: { name: string }[] = await source.query(
    `SELECT name FROM pg_settings WHERE name = ANY($1) AND setting = 'off' ORDER BY name`,
    [REQUIRED],
  );
  if (rows.length === 0) return;
  const names = rows.map((row) => row.name).join(' and ');
  throw new DatabaseNotDurableError(
    `The database of DATABASE_URL has ${names} off, so that a crash would lose messages that were acknowledged: turn it on there.`,
  );
}
