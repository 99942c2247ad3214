import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Session } from '@parley/protocol';
import { DataSource, type EntityManager, IsNull, MoreThan } from 'typeorm';
import { describeOperator, type Operator } from '../common/access';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { newId } from '../common/ids';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import { AccountDeletion } from '../users/account-deletion';
import { ME_COLUMNS, type MeRow } from '../users/to-user';
import { UsersService } from '../users/users.service';
import type { DeviceDto } from './auth.dto';
import { RefreshTokens } from './refresh-tokens';
import { Revocations } from './revocations';
import { SessionEntity } from './session.entity';

/** A token that was just replaced yields the same successor for so long: a lost reply, two tabs. */
const GRACE = '30 seconds';
/** The list of one's sessions has no pages; the least used make room. */
const MAX_SESSIONS = 100;

/** A session for which new tokens are due. */
export interface OpenSession {
  sessionId: string;
  refreshToken: string;
  user: MeRow;
}

interface LateRow extends MeRow {
  ended: boolean;
  inGrace: boolean;
}

/** Where people are logged in: one session per device, from log-in to its end. */
@Injectable()
export class SessionsService implements OnModuleInit {
  private readonly logger = new Logger(SessionsService.name);

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    @Inject(ENV) private readonly env: Pick<Env, 'refreshTokenSeconds'>,
    private readonly tokens: RefreshTokens,
    private readonly revocations: Revocations,
    private readonly deletion: AccountDeletion,
    private readonly users: UsersService,
  ) {}

  onModuleInit(): void {
    this.deletion.addStep('end sessions', (userId) => this.endAll(userId), { first: true });
  }

  /** Opens one for whom `admit` returns, in the same transaction; a session on the same device ends. */
  async open(
    device: DeviceDto,
    admit: (manager: EntityManager) => Promise<MeRow | undefined>,
  ): Promise<OpenSession | null> {
    const sessionId = newId();
    const refreshToken = this.tokens.first(sessionId);
    const opened = await this.source.transaction(async (manager) => {
      const user = await admit(manager);
      if (!user) return null;
      const ended = await this.makeRoom(manager, user.id, device.deviceId);
      await manager.query(
        `INSERT INTO session (id, user_id, device_id, device_name, refresh_hash, expires_at)
         VALUES ($1, $2, $3, $4, $5, now() + $6::int * interval '1 second')`,
        [
          sessionId,
          user.id,
          device.deviceId ?? null,
          device.deviceName ?? null,
          this.tokens.hash(refreshToken),
          this.env.refreshTokenSeconds,
        ],
      );
      return { user, ended };
    });
    if (!opened) return null;
    this.revocations.announce(opened.ended);
    return { sessionId, refreshToken, user: opened.user };
  }

  /** Replaces a refresh token by its successor; one that was replaced long ago ends its session. */
  async refresh(token: string): Promise<OpenSession> {
    const sessionId = this.tokens.sessionOf(token);
    if (!sessionId) throw new DomainError('unauthenticated');
    const refreshToken = this.tokens.successor(sessionId, token);
    const user =
      (await this.rotate(sessionId, token, refreshToken)) ?? (await this.acceptLate(sessionId, token));
    return { sessionId, refreshToken, user };
  }

  async list(actor: Actor): Promise<Session[]> {
    const rows = await this.source.getRepository(SessionEntity).find({
      where: { userId: actor.userId, revokedAt: IsNull(), expiresAt: MoreThan(new Date()) },
      order: { rotatedAt: 'DESC', id: 'DESC' },
      take: MAX_SESSIONS,
    });
    return rows.map((row) => ({
      id: row.id,
      deviceName: row.deviceName,
      createdAt: row.createdAt.toISOString(),
      lastUsedAt: row.rotatedAt.toISOString(),
      current: row.id === actor.sessionId,
    }));
  }

  /** Ends one of the actor's sessions. */
  async end(actor: Actor, sessionId: string): Promise<void> {
    const ended = await endWhere(this.source.manager, 'id = $1 AND user_id = $2', [sessionId, actor.userId]);
    if (ended.length === 0) throw new DomainError('session_not_found');
    this.revocations.announce(ended);
  }

  /** Ends the actor's own session, which may have ended already. */
  async endCurrent(actor: Actor): Promise<void> {
    const parameters = [actor.sessionId, actor.userId];
    this.revocations.announce(await endWhere(this.source.manager, 'id = $1 AND user_id = $2', parameters));
  }

  /** Ends the actor's other sessions together with what `change` does. */
  async endOthers(actor: Actor, change: (manager: EntityManager) => Promise<void>): Promise<void> {
    const ended = await this.source.transaction(async (manager) => {
      await change(manager);
      return endWhere(manager, 'user_id = $1 AND id <> $2', [actor.userId, actor.sessionId]);
    });
    this.revocations.announce(ended);
  }

  /** Ends all that somebody else has. */
  async endAllOf(operator: Operator, userId: string): Promise<void> {
    await this.users.requireExisting([userId]);
    await this.endAll(userId);
    this.logger.log(`all sessions of user ${userId} end: ${describeOperator(operator)}`);
  }

  /**
   * Ends all that somebody has, together with what `change` does. Tokens of an outside issuer that were not
   * shown yet are refused too.
   */
  async endAll(userId: string, change?: (manager: EntityManager) => Promise<void>): Promise<void> {
    const ended = await this.source.transaction(async (manager) => {
      // First, as a token takes its locks: a session that is being opened is seen below, or sees this.
      await manager.query('UPDATE identity SET valid_after = clock_timestamp() WHERE user_id = $1', [userId]);
      await change?.(manager);
      return endWhere(manager, 'user_id = $1', [userId]);
    });
    this.revocations.announce(ended);
  }

  private makeRoom(manager: EntityManager, userId: string, deviceId: string | undefined): Promise<string[]> {
    return endWhere(
      manager,
      `user_id = $1 AND (device_id = $2 OR id IN (
         SELECT id FROM session WHERE user_id = $1 AND revoked_at IS NULL
         ORDER BY rotated_at DESC OFFSET ${MAX_SESSIONS - 1}
       ))`,
      [userId, deviceId ?? null],
    );
  }

  /** One statement, so that of two who present the same token one rotates, and the other comes late. */
  private async rotate(sessionId: string, token: string, successor: string): Promise<MeRow | undefined> {
    const rows: MeRow[] = await this.source.query(
      `WITH rotated AS (
         UPDATE session s
         SET previous_hash = s.refresh_hash, refresh_hash = $3, rotated_at = now(),
           expires_at = now() + $4::int * interval '1 second'
         FROM "user" u
         WHERE s.id = $1 AND s.refresh_hash = $2 AND s.revoked_at IS NULL AND s.expires_at > now()
           AND u.id = s.user_id AND u.deletion_started_at IS NULL
         RETURNING s.user_id
       ) SELECT ${ME_COLUMNS} FROM rotated JOIN "user" u ON u.id = rotated.user_id`,
      [sessionId, this.tokens.hash(token), this.tokens.hash(successor), this.env.refreshTokenSeconds],
    );
    return rows[0];
  }

  private async acceptLate(sessionId: string, token: string): Promise<MeRow> {
    const rows: LateRow[] = await this.source.query(
      `SELECT ${ME_COLUMNS},
         s.revoked_at IS NOT NULL OR s.expires_at <= now() OR u.deletion_started_at IS NOT NULL AS ended,
         coalesce(s.previous_hash = $2 AND s.rotated_at > now() - interval '${GRACE}', false) AS "inGrace"
       FROM session s JOIN "user" u ON u.id = s.user_id WHERE s.id = $1`,
      [sessionId, this.tokens.hash(token)],
    );
    const [row] = rows;
    if (!row || row.ended) throw new DomainError('session_revoked');
    if (row.inGrace) return row;
    // It is genuine and was replaced: two hold it, and one of them should not.
    this.logger.warn(`session ${sessionId} of user ${row.id} ends: an old refresh token of it was presented`);
    this.revocations.announce(await endWhere(this.source.manager, 'id = $1', [sessionId]));
    throw new DomainError('session_revoked');
  }
}

/** By the clock of the moment and not of the transaction: other nodes read by this time. */
async function endWhere(manager: EntityManager, where: string, parameters: unknown[]): Promise<string[]> {
  const rows: { id: string }[] = await manager.query(
    `WITH ended AS (
       UPDATE session SET revoked_at = clock_timestamp() WHERE revoked_at IS NULL AND ${where} RETURNING id
     ) SELECT id FROM ended`,
    parameters,
  );
  return rows.map((row) => row.id);
}
