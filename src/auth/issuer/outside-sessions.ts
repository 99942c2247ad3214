import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { DomainError } from '../../common/domain-error';
import { Together } from '../../common/together';
import { IdentitiesService } from '../../users/identities.service';
import type { Sighting } from './issuer-token';

interface SeenRow {
  n: number;
  userId: string;
  isClosed: boolean;
  isTooOld: boolean;
  isRevoked: boolean;
  /** The session is there, and as long as the token. */
  isOpen: boolean;
  tellsNews: boolean;
}

/** Tokens that are looked at together, when many come at once. */
const LOOKS_AT_ONCE = 200;

const LOOK = `
  SELECT w.n::int AS n, i.user_id AS "userId", u.deletion_started_at IS NOT NULL AS "isClosed",
    coalesce(i.valid_after > w.at, false) AS "isTooOld", s.revoked_at IS NOT NULL AS "isRevoked",
    coalesce(s.expires_at >= w.expires_at, false) AS "isOpen",
    i.claims_at < w.at AND (coalesce(w.username <> coalesce(i.username_claim, ''), false)
      OR coalesce(w.display_name <> coalesce(i.display_name_claim, ''), false)) AS "tellsNews"
  FROM unnest($1::text[], $2::text[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[])
    WITH ORDINALITY AS w (issuer, subject, session_id, expires_at, at, username, display_name, n)
  JOIN identity i ON i.issuer = w.issuer AND i.subject = w.subject
  JOIN "user" u ON u.id = i.user_id
  LEFT JOIN session s ON s.id = w.session_id AND s.user_id = i.user_id`;

/** Sessions of people whose tokens an outside issuer makes: opened at the first sight of a token. */
@Injectable()
export class OutsideSessions {
  private readonly looks: Together<Sighting, SeenRow | undefined>;

  constructor(
    @InjectDataSource() source: DataSource,
    private readonly identities: IdentitiesService,
  ) {
    this.looks = new Together({ most: LOOKS_AT_ONCE, weight: () => 1 }, (asked) => look(source, asked));
  }

  /** Whose session it is; rejects with `session_revoked` or `account_closed`. */
  async enter(sighting: Sighting): Promise<string> {
    const seen = await this.looks.ask(sighting);
    if (seen?.isClosed) throw new DomainError('account_closed');
    if (seen?.isTooOld || seen?.isRevoked) throw new DomainError('session_revoked');
    if (seen?.isOpen && !seen.tellsNews) return seen.userId;
    return this.identities.with(sighting.claims, async (manager, { userId, isTooOld }) => {
      if (isTooOld) throw new DomainError('session_revoked');
      await open(manager, sighting, userId);
      return userId;
    });
  }
}

async function look(source: DataSource, asked: readonly Sighting[]): Promise<(SeenRow | undefined)[]> {
  const rows: SeenRow[] = await source.query(LOOK, [
    asked.map(({ claims }) => claims.issuer),
    asked.map(({ claims }) => claims.subject),
    asked.map(({ sessionId }) => sessionId),
    asked.map(({ expiresAt }) => new Date(expiresAt)),
    asked.map(({ claims }) => claims.at),
    asked.map(({ claims }) => claims.username),
    asked.map(({ claims }) => claims.displayName),
  ]);
  const byNumber = new Map(rows.map((row) => [row.n, row]));
  return asked.map((_, i) => byNumber.get(i + 1));
}

/** Opens it, or lets it live as long as its newest token. */
async function open(
  manager: EntityManager,
  { sessionId, expiresAt }: Sighting,
  userId: string,
): Promise<void> {
  const rows: unknown[] = await manager.query(
    `INSERT INTO session (id, user_id, expires_at) VALUES ($1, $2, $3)
     ON CONFLICT (id) DO UPDATE
       SET expires_at = greatest(session.expires_at, excluded.expires_at), rotated_at = now()
       WHERE session.revoked_at IS NULL AND session.user_id = excluded.user_id
     RETURNING 1`,
    [sessionId, userId, new Date(expiresAt)],
  );
  if (rows.length === 0) throw new DomainError('session_revoked');
}
