import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PasswordReset } from '@parley/protocol';
import { DataSource } from 'typeorm';
import { describeOperator, type Operator } from '../common/access';
import { DomainError } from '../common/domain-error';
import { UUID_PATTERN } from '../common/pagination';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import { UsersService } from '../users/users.service';
import type { NewPasswordDto, ResetPasswordDto } from './auth.dto';
import { PasswordHasher } from './password-hasher';
import { SessionsService } from './sessions.service';

const LIFETIME = '24 hours';
const SECRET_BYTES = 32;

/**
 * Passwords chosen anew, by a token that works once.
 *
 * Whoever resets a password does not get to know the new one. Making a token changes nothing yet, so that who
 * merely claims to have forgotten a password shuts nobody out, unless that is asked for.
 */
@Injectable()
export class PasswordResetsService {
  private readonly logger = new Logger(PasswordResetsService.name);

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    @Inject(ENV) private readonly env: Pick<Env, 'passwords'>,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly hasher: PasswordHasher,
  ) {}

  /** A token in place of any made before; with `shutOut` the password of now and all sessions end at once. */
  async begin(operator: Operator, userId: string, { shutOut }: ResetPasswordDto): Promise<PasswordReset> {
    this.requirePasswords();
    await this.users.requireExisting([userId]);
    const resetToken = `${userId}.${randomBytes(SECRET_BYTES).toString('base64url')}`;
    const [row]: { expiresAt: Date }[] = await this.source.query(
      `INSERT INTO password_reset (user_id, token_hash, expires_at) VALUES ($1, $2, now() + interval '${LIFETIME}')
       ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at
       RETURNING expires_at AS "expiresAt"`,
      [userId, hash(resetToken)],
    );
    if (shutOut) {
      await this.sessions.endAll(userId, async (manager) => {
        await manager.query('UPDATE "user" SET password_hash = NULL WHERE id = $1', [userId]);
      });
    }
    this.logger.log(`the password of user ${userId} may be chosen anew: ${describeOperator(operator)}`);
    if (!row) throw new DomainError('unavailable');
    return { resetToken, expiresAt: row.expiresAt.toISOString() };
  }

  /** Sets the new password, and ends all sessions. */
  async finish({ resetToken, newPassword }: NewPasswordDto): Promise<void> {
    this.requirePasswords();
    const userId = resetToken.split('.')[0] ?? '';
    // Before the costly hash, which only who was given a token has us compute.
    const isGood = UUID_PATTERN.test(userId) && (await this.isGood(userId, resetToken));
    if (!isGood) throw invalid();
    const passwordHash = await this.hasher.hash(newPassword);
    await this.sessions.endAll(userId, async (manager) => {
      const used: unknown[] = await manager.query(
        `WITH used AS (
           DELETE FROM password_reset WHERE user_id = $1 AND token_hash = $2 AND expires_at > now() RETURNING 1
         ) SELECT FROM used`,
        [userId, hash(resetToken)],
      );
      if (used.length === 0) throw invalid();
      await manager.query(
        'UPDATE "user" SET password_hash = $2 WHERE id = $1 AND deletion_started_at IS NULL',
        [userId, passwordHash],
      );
    });
  }

  private async isGood(userId: string, token: string): Promise<boolean> {
    const rows: unknown[] = await this.source.query(
      `SELECT FROM password_reset r JOIN "user" u ON u.id = r.user_id
       WHERE r.user_id = $1 AND r.token_hash = $2 AND r.expires_at > now() AND u.deletion_started_at IS NULL`,
      [userId, hash(token)],
    );
    return rows.length > 0;
  }

  private requirePasswords(): void {
    if (!this.env.passwords) throw new DomainError('forbidden', 'This server takes no passwords.');
  }
}

/** Of 256 random bits: a fast hash keeps them, and comparing hashes tells nothing of them. */
function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function invalid(): DomainError {
  return new DomainError('credentials_invalid', 'The token is wrong, was used, or has expired.');
}
