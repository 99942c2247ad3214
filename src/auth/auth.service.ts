import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Actor } from '../common/actor';
import { isUniqueViolation } from '../common/database-error';
import { DomainError } from '../common/domain-error';
import { newId } from '../common/ids';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import { AccountDeletion } from '../users/account-deletion';
import { ME_COLUMNS, type MeRow, toMe } from '../users/to-user';
import type {
  ChangePasswordDto,
  DeleteAccountDto,
  LoginDto,
  RefreshDto,
  RegisterDto,
  TokensDto,
} from './auth.dto';
import { PasswordHasher } from './password-hasher';
import { type OpenSession, SessionsService } from './sessions.service';
import { TokenService } from './token.service';

interface Credentials {
  id: string;
  passwordHash: string;
}

/** Accounts by password: made, entered, changed and deleted. */
@Injectable()
export class AuthService {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly sessions: SessionsService,
    private readonly tokens: TokenService,
    private readonly hasher: PasswordHasher,
    private readonly deletion: AccountDeletion,
    @Inject(ENV) private readonly env: Pick<Env, 'registration' | 'passwords'>,
  ) {}

  async register(input: RegisterDto): Promise<TokensDto> {
    if (!this.env.registration) throw new DomainError('forbidden', 'Nobody registers here by themselves.');
    // A look before the costly hash; who races past it meets the unique index.
    if (await this.source.query('SELECT FROM "user" WHERE username = $1', [input.username]).then(hasRow)) {
      throw new DomainError('username_taken');
    }
    const passwordHash = await this.hasher.hash(input.password);
    const opened = await this.sessions.open(input, (manager) => insertUser(manager, input, passwordHash));
    return this.toTokens(opened);
  }

  async login(input: LoginDto): Promise<TokensDto> {
    this.requirePasswords();
    const found: Credentials[] = await this.source.query(
      `SELECT id, password_hash AS "passwordHash" FROM "user" WHERE username = $1 AND deletion_started_at IS NULL`,
      [input.username],
    );
    const credentials = await this.check(found[0], input.password);
    const opened = await this.sessions.open(input, (manager) => lockUser(manager, credentials));
    return this.toTokens(opened);
  }

  async refresh({ refreshToken }: RefreshDto): Promise<TokensDto> {
    if (!refreshToken) throw new DomainError('unauthenticated', 'There is no refresh token.');
    return this.toTokens(await this.sessions.refresh(refreshToken));
  }

  async changePassword(actor: Actor, input: ChangePasswordDto): Promise<void> {
    this.requirePasswords();
    const credentials = await this.check(await this.credentialsOf(actor), input.currentPassword);
    const passwordHash = await this.hasher.hash(input.newPassword);
    await this.sessions.endOthers(actor, async (manager) => {
      if (!(await lockUser(manager, credentials))) throw new DomainError('credentials_invalid');
      await manager.query('UPDATE "user" SET password_hash = $2 WHERE id = $1', [actor.userId, passwordHash]);
    });
  }

  async deleteAccount(actor: Actor, { password }: DeleteAccountDto): Promise<void> {
    await this.check(await this.credentialsOf(actor), password);
    await this.deletion.run(actor.userId);
  }

  private requirePasswords(): void {
    if (!this.env.passwords) throw new DomainError('forbidden', 'This server takes no passwords.');
  }

  private async credentialsOf(actor: Actor): Promise<Credentials | undefined> {
    const rows: Credentials[] = await this.source.query(
      `SELECT id, password_hash AS "passwordHash" FROM "user" WHERE id = $1 AND deletion_started_at IS NULL`,
      [actor.userId],
    );
    return rows[0];
  }

  /** An unknown user and a wrong password take as long and say the same. */
  private async check(credentials: Credentials | undefined, password: string): Promise<Credentials> {
    const good = await this.hasher.verify(credentials?.passwordHash ?? null, password);
    if (!credentials || !good) throw new DomainError('credentials_invalid');
    return credentials;
  }

  private async toTokens(opened: OpenSession | null): Promise<TokensDto> {
    if (!opened) throw new DomainError('credentials_invalid');
    const { sessionId, refreshToken, user } = opened;
    const { accessToken, expiresIn } = await this.tokens.mint({ userId: user.id, sessionId });
    return { accessToken, refreshToken, expiresIn, sessionId, user: toMe(user) };
  }
}

function hasRow(rows: unknown[]): boolean {
  return rows.length > 0;
}

async function insertUser(
  manager: EntityManager,
  { username, displayName }: RegisterDto,
  passwordHash: string,
): Promise<MeRow | undefined> {
  try {
    const rows: MeRow[] = await manager.query(
      `INSERT INTO "user" AS u (id, username, display_name, password_hash) VALUES ($1, $2, $3, $4)
       RETURNING ${ME_COLUMNS}`,
      [newId(), username, displayName, passwordHash],
    );
    return rows[0];
  } catch (error) {
    if (isUniqueViolation(error)) throw new DomainError('username_taken');
    throw error;
  }
}

/** The account, if it has not changed since the password was checked; log-ins of one account queue up here. */
async function lockUser(
  manager: EntityManager,
  { id, passwordHash }: Credentials,
): Promise<MeRow | undefined> {
  const rows: MeRow[] = await manager.query(
    `SELECT ${ME_COLUMNS} FROM "user" u
     WHERE u.id = $1 AND u.password_hash = $2 AND u.deletion_started_at IS NULL FOR NO KEY UPDATE`,
    [id, passwordHash],
  );
  return rows[0];
}
