import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { isUniqueViolation } from '../common/database-error';
import { DomainError } from '../common/domain-error';
import { newId } from '../common/ids';
import { displayNameOf, usernamesFor } from './names-from-claims';
import { ProfileCache } from './profile-cache';

/** Somebody as an issuer, or the product, tells of them. */
export interface Claims {
  readonly issuer: string;
  readonly subject: string;
  readonly username: string | null;
  readonly displayName: string | null;
  /** When it was said: what is older changes nothing. */
  readonly at: Date;
}

interface Identified {
  userId: string;
  created: boolean;
  /** Whether names changed. */
  changed: boolean;
  /** Whether it was said before all that they had was ended. */
  isTooOld: boolean;
}

interface IdentityRow {
  userId: string;
  usernameClaim: string | null;
  displayNameClaim: string | null;
  isNewer: boolean;
  isTooOld: boolean;
  isClosed: boolean;
}

/** Tries while others take the names that are meant. */
const ATTEMPTS = 5;

const FIND = `
  SELECT i.user_id AS "userId", i.username_claim AS "usernameClaim", i.display_name_claim AS "displayNameClaim",
    i.claims_at < $3 AS "isNewer", coalesce(i.valid_after > $3, false) AS "isTooOld",
    u.deletion_started_at IS NOT NULL AS "isClosed"
  FROM identity i JOIN "user" u ON u.id = i.user_id
  WHERE i.issuer = $1 AND i.subject = $2
  FOR NO KEY UPDATE OF i FOR KEY SHARE OF u`;

/** Whom people of an outside issuer are here; makes them at first sight, and keeps their names as told. */
@Injectable()
export class IdentitiesService {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly profiles: ProfileCache,
  ) {}

  /** The account, made when missing, in one transaction with what `use` does for it. */
  async with<T>(
    claims: Claims,
    use: (manager: EntityManager, identified: Identified) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        const [identified, result] = await this.source.transaction(async (manager) => {
          const found = await identify(manager, claims);
          return [found, await use(manager, found)] as const;
        });
        if (identified.changed) await this.profiles.forget(identified.userId);
        return result;
      } catch (error) {
        // Somebody else took the name between the look and the commit.
        if (!isUniqueViolation(error) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** The account, made when missing. */
  require(claims: Claims): Promise<Identified> {
    return this.with(claims, (_manager, identified) => Promise.resolve(identified));
  }

  /** Whose it is; null for who was never seen, or has gone. */
  async find(issuer: string, subject: string): Promise<string | null> {
    const rows: { id: string }[] = await this.source.query(
      `SELECT u.id FROM identity i JOIN "user" u ON u.id = i.user_id
       WHERE i.issuer = $1 AND i.subject = $2 AND u.deletion_started_at IS NULL`,
      [issuer, subject],
    );
    return rows[0]?.id ?? null;
  }
}

async function identify(manager: EntityManager, claims: Claims): Promise<Identified> {
  return (await findAndUpdate(manager, claims)) ?? (await make(manager, claims));
}

/** One row for one subject: who comes second at the same time waits here for the first, and finds it. */
async function make(manager: EntityManager, claims: Claims): Promise<Identified> {
  const userId = newId();
  const made: unknown[] = await manager.query(
    `INSERT INTO identity (issuer, subject, user_id, username_claim, display_name_claim, claims_at)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING 1`,
    [claims.issuer, claims.subject, userId, claims.username, claims.displayName, claims.at],
  );
  if (made.length === 0) {
    const found = await findAndUpdate(manager, claims);
    if (!found) throw new DomainError('unavailable');
    return found;
  }
  const username = await freeUsername(manager, claims, userId);
  await manager.query('INSERT INTO "user" (id, username, display_name) VALUES ($1, $2, $3)', [
    userId,
    username,
    displayNameOf(claims.displayName) ?? displayNameOf(claims.username) ?? username,
  ]);
  return { userId, created: true, changed: false, isTooOld: false };
}

async function findAndUpdate(manager: EntityManager, claims: Claims): Promise<Identified | null> {
  const rows: IdentityRow[] = await manager.query(FIND, [claims.issuer, claims.subject, claims.at]);
  const [row] = rows;
  if (!row) return null;
  if (row.isClosed) throw new DomainError('account_closed');
  const { userId, isTooOld } = row;
  return { userId, isTooOld, created: false, changed: row.isNewer && (await update(manager, row, claims)) };
}

/** Takes over what is told differently than last time; what is not told at all stays. */
async function update(manager: EntityManager, row: IdentityRow, claims: Claims): Promise<boolean> {
  const { userId, usernameClaim, displayNameClaim } = row;
  const renamed = claims.username !== null && claims.username !== usernameClaim;
  const displayName = claims.displayName === displayNameClaim ? null : displayNameOf(claims.displayName);
  if (!renamed && displayName === null) return false;
  await manager.query(
    `UPDATE identity SET claims_at = $3, username_claim = coalesce($4, username_claim),
       display_name_claim = coalesce($5, display_name_claim)
     WHERE issuer = $1 AND subject = $2`,
    [claims.issuer, claims.subject, claims.at, claims.username, claims.displayName],
  );
  await manager.query(
    `UPDATE "user" SET username = coalesce($2, username), display_name = coalesce($3, display_name) WHERE id = $1`,
    [userId, renamed ? await freeUsername(manager, claims, userId) : null, displayName],
  );
  return true;
}

async function freeUsername(manager: EntityManager, claims: Claims, userId: string): Promise<string> {
  const candidates = usernamesFor(claims.username, claims);
  const rows: { username: string }[] = await manager.query(
    'SELECT username FROM "user" WHERE username = ANY($1::text[]) AND id <> $2',
    [candidates, userId],
  );
  const taken = new Set(rows.map(({ username }) => username));
  const free = candidates.find((name) => !taken.has(name));
  if (free === undefined) throw new DomainError('username_taken');
  return free;
}
