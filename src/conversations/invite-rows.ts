import type { InviteFlaw } from '@parley/protocol';
import type { EntityManager } from 'typeorm';
import { holdersOf } from './policy';

/** An invite, and what there is against it. */
export interface InviteRow {
  id: string;
  conversationId: string;
  createdBy: string;
  createdAt: Date;
  expiresAt: Date | null;
  maxUses: number | null;
  uses: number;
  flaw: InviteFlaw | null;
}

/** Those that are over are kept for so long, so that who comes late is told why. */
const KEPT_DAYS = 30;

const COLUMNS = `i.id, i.conversation_id AS "conversationId", i.created_by AS "createdBy",
  i.created_at AS "createdAt", i.expires_at AS "expiresAt", i.max_uses AS "maxUses", i.uses`;

const MAKERS = holdersOf('member.add', 'group');

/** Whoever made it must still be one who could add people: an invite does no more than they could. */
const FLAW = `CASE
  WHEN i.revoked_at IS NOT NULL OR NOT EXISTS (
    SELECT FROM member m WHERE m.conversation_id = i.conversation_id AND m.user_id = i.created_by
      AND m.left_at IS NULL AND m.role = ANY($2::text[])) THEN 'revoked'
  WHEN i.expires_at <= clock_timestamp() THEN 'expired'
  WHEN i.uses >= i.max_uses THEN 'used_up' END`;

/** Queries on invites; what counts is asked under the lock of their conversation. */
export class InviteRows {
  constructor(private readonly manager: EntityManager) {}

  async byToken(tokenHash: Buffer): Promise<InviteRow | null> {
    const [row] = await this.manager.query<InviteRow[]>(
      `SELECT ${COLUMNS}, ${FLAW} AS flaw FROM invite i WHERE i.token_hash = $1`,
      [tokenHash, MAKERS],
    );
    return row ?? null;
  }

  /** Those of a conversation that can be used, the latest first. */
  async good(conversationId: string): Promise<InviteRow[]> {
    return this.manager.query(
      `SELECT * FROM (SELECT ${COLUMNS}, ${FLAW} AS flaw FROM invite i WHERE i.conversation_id = $1) invite
       WHERE flaw IS NULL ORDER BY "createdAt" DESC, id DESC`,
      [conversationId, MAKERS],
    );
  }

  async insert(
    row: Pick<InviteRow, 'id' | 'conversationId' | 'createdBy' | 'maxUses'>,
    tokenHash: Buffer,
    expiresIn: number | null,
  ): Promise<InviteRow> {
    const [made] = await this.manager.query<[InviteRow]>(
      `INSERT INTO invite AS i (id, conversation_id, token_hash, created_by, max_uses, created_at, expires_at)
       SELECT $1, $2, $3, $4, $5, at, at + make_interval(secs => $6) FROM clock_timestamp() AS at
       RETURNING ${COLUMNS}, NULL AS flaw`,
      [row.id, row.conversationId, tokenHash, row.createdBy, row.maxUses, expiresIn],
    );
    return made;
  }

  /** Whether there is such an invite; once more changes nothing. */
  async revoke(conversationId: string, id: string): Promise<boolean> {
    const [rows] = await this.manager.query<[unknown[], number]>(
      `UPDATE invite SET revoked_at = coalesce(revoked_at, clock_timestamp())
       WHERE conversation_id = $1 AND id = $2 RETURNING id`,
      [conversationId, id],
    );
    return rows.length > 0;
  }

  /** Whether somebody has come by it before. */
  async isUsedBy(id: string, userId: string): Promise<boolean> {
    const rows = await this.manager.query<unknown[]>(
      'SELECT FROM invite_use WHERE invite_id = $1 AND user_id = $2',
      [id, userId],
    );
    return rows.length > 0;
  }

  /** Counts somebody who comes by it, once. */
  async use(id: string, userId: string): Promise<void> {
    await this.manager.query(
      `WITH added AS (
         INSERT INTO invite_use (invite_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING invite_id)
       UPDATE invite SET uses = uses + 1 WHERE id IN (SELECT invite_id FROM added)`,
      [id, userId],
    );
  }

  /** Forgets those of a conversation that have been over for long. */
  async purge(conversationId: string): Promise<void> {
    await this.manager.query(
      `WITH over AS (
         DELETE FROM invite WHERE conversation_id = $1
           AND least(revoked_at, expires_at) < now() - make_interval(days => ${KEPT_DAYS}) RETURNING id)
       DELETE FROM invite_use WHERE invite_id IN (SELECT id FROM over)`,
      [conversationId],
    );
  }
}
