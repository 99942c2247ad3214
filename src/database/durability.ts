import type { DataSource } from 'typeorm';
import { DURABILITY_SETTINGS, type DurabilitySetting } from '../config/env';

/** The database would acknowledge what a crash takes back; the message says what to set. */
export class DatabaseNotDurableError extends Error {}

/** What a crash costs when a setting is off. */
const LOSSES: Record<DurabilitySetting, string> = {
  fsync: 'a crash of its machine may destroy the whole database',
  full_page_writes: 'a crash of its machine may damage pages that were being written',
  synchronous_commit: 'a crash takes back the last messages that were acknowledged',
};

/**
 * Rejects unless a commit, as this user in this database, is on disk when it is answered.
 *
 * Of what is off but `allowed`, a warning each.
 */
export async function requireDurable(
  source: DataSource,
  allowed: readonly DurabilitySetting[],
): Promise<string[]> {
  const rows: { name: DurabilitySetting }[] = await source.query(
    `SELECT name FROM pg_settings WHERE name = ANY($1) AND setting = 'off' ORDER BY name`,
    [DURABILITY_SETTINGS],
  );
  const off = rows.map((row) => row.name);
  const refused = off.filter((name) => !allowed.includes(name));
  if (refused.length === 0) {
    return off.map((name) => `The database has ${name} off, as ALLOW_DATA_LOSS permits: ${LOSSES[name]}.`);
  }
  throw new DatabaseNotDurableError(
    `The database of DATABASE_URL has ${refused.join(' and ')} off (${refused.map((name) => LOSSES[name]).join('; ')}): turn it on there, or name it in ALLOW_DATA_LOSS.`,
  );
}
