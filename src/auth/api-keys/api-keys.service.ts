import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DomainError } from '../../common/domain-error';
import { Together } from '../../common/together';
import { hashApiKey, idOfApiKey } from './api-key-text';
import { ApiKeyUses } from './api-key-uses';

interface KeyRow {
  id: string;
  scopes: string[];
  secretHash: Buffer;
  /** While it is good. */
  previousHash: Buffer | null;
}

const LOOKS_AT_ONCE = 200;

/**
 * Lets in the product's own servers by their keys.
 *
 * Every request looks at the database: a key that was revoked, or whose time is over, is refused from that
 * moment on, on every node. Requests of one moment share the look.
 */
@Injectable()
export class ApiKeysService {
  private readonly looks: Together<string, KeyRow | undefined>;

  constructor(
    @InjectDataSource() source: DataSource,
    private readonly uses: ApiKeyUses,
  ) {
    this.looks = new Together({ most: LOOKS_AT_ONCE, weight: () => 1 }, (ids) => look(source, ids));
  }

  /** Which key it is, and what it may do; rejects with `unauthenticated`. */
  async authenticate(key: string): Promise<Pick<KeyRow, 'id' | 'scopes'>> {
    const id = idOfApiKey(key);
    const row = id === null ? undefined : await this.looks.ask(id);
    if (!row) throw new DomainError('unauthenticated');
    const hash = hashApiKey(key);
    const isCurrent = timingSafeEqual(hash, row.secretHash);
    const isPrevious = row.previousHash !== null && timingSafeEqual(hash, row.previousHash);
    if (!isCurrent && !isPrevious) throw new DomainError('unauthenticated');
    this.uses.note(row.id, isCurrent ? 'current' : 'previous');
    return row;
  }
}

async function look(source: DataSource, ids: readonly string[]): Promise<(KeyRow | undefined)[]> {
  const rows: KeyRow[] = await source.query(
    `SELECT id, scopes, secret_hash AS "secretHash",
       CASE WHEN previous_until > now() THEN previous_hash END AS "previousHash"
     FROM api_key
     WHERE id = ANY($1::uuid[]) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
    [ids],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id));
}
