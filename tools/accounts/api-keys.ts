import { randomUUID } from 'node:crypto';
import { API_SCOPES, type ApiScope } from '@parley/protocol';
import { Client } from 'pg';
import { hashApiKey, newApiKey, visiblePart } from '../../src/auth/api-keys/api-key-text';
import { Refusal } from '../support/refusal';
import { openDatabase } from './server-side';

/** A key as it may be shown. */
export interface ListedKey {
  id: string;
  visible: string;
  name: string;
  scopes: string[];
  createdAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  previousUntil: Date | null;
  previousUsedAt: Date | null;
  revokedAt: Date | null;
}

const UNIQUE_VIOLATION = '23505';

/** Makes, changes and lists API keys in the server's database; a key itself is seen once. */
export class ApiKeys {
  private constructor(private readonly client: Client) {}

  static async open(dataDir: string | undefined): Promise<ApiKeys> {
    return new ApiKeys(await openDatabase({ dataDir }));
  }

  close(): Promise<void> {
    return this.client.end();
  }

  async create(name: string, scopes: readonly ApiScope[], days: number | null): Promise<string> {
    const id = randomUUID();
    const key = newApiKey(id);
    await this.client
      .query(
        `INSERT INTO api_key (id, name, scopes, secret_hash, expires_at)
         VALUES ($1, $2, $3, $4, now() + $5::int * interval '1 day')`,
        [id, name, scopes, hashApiKey(key), days],
      )
      .catch((error: Error & { code?: string }) => {
        if (error.code !== UNIQUE_VIOLATION) throw error;
        throw new Refusal(
          `There is a key named ${name} already: rotate it, revoke it, or take another name.`,
        );
      });
    return key;
  }

  /** A new secret; the one before is good for so many hours more, and any earlier one no longer. */
  async rotate(name: string, overlapHours: number): Promise<string> {
    const id = await this.idOf(name);
    const key = newApiKey(id);
    await this.client.query(
      `UPDATE api_key SET secret_hash = $2, previous_hash = secret_hash, previous_used_at = NULL,
         previous_until = now() + $3::int * interval '1 hour'
       WHERE id = $1`,
      [id, hashApiKey(key), overlapHours],
    );
    return key;
  }

  async revoke(name: string): Promise<void> {
    // By the clock of the moment: servers read by this time.
    await this.client.query('UPDATE api_key SET revoked_at = clock_timestamp() WHERE id = $1', [
      await this.idOf(name),
    ]);
  }

  async list(): Promise<ListedKey[]> {
    const { rows } = await this.client.query<Omit<ListedKey, 'visible'>>(
      `SELECT id, name, scopes, created_at AS "createdAt", expires_at AS "expiresAt", last_used_at AS "lastUsedAt",
         CASE WHEN previous_until > now() THEN previous_until END AS "previousUntil",
         previous_used_at AS "previousUsedAt", revoked_at AS "revokedAt"
       FROM api_key ORDER BY created_at, id`,
    );
    return rows.map((row) => ({ ...row, visible: visiblePart(row.id) }));
  }

  private async idOf(name: string): Promise<string> {
    const { rows } = await this.client.query<{ id: string }>(
      'SELECT id FROM api_key WHERE name = $1 AND revoked_at IS NULL',
      [name],
    );
    if (rows[0]) return rows[0].id;
    throw new Refusal(`There is no key named ${name}.`);
  }
}

/** The scopes of a list with commas; null where one is none. */
export function scopesOf(list: string): ApiScope[] | null {
  const words = [...new Set(list.split(',').map((word) => word.trim()))];
  const scopes = API_SCOPES.filter((scope) => words.includes(scope));
  return scopes.length === words.length ? scopes : null;
}
