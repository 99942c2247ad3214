import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Me, User } from '@parley/protocol';
import { DataSource } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { ProfileCache } from './profile-cache';
import { ME_COLUMNS, type MeRow, toMe, toUser, USER_COLUMNS, type UserRow } from './to-user';

/** Who people are. */
@Injectable()
export class UsersService {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly profiles: ProfileCache,
  ) {}

  async me(actor: Actor): Promise<Me> {
    const rows: MeRow[] = await this.source.query(
      `SELECT ${ME_COLUMNS} FROM "user" u WHERE u.id = $1 AND u.deletion_started_at IS NULL`,
      [actor.userId],
    );
    return onlyOwn(rows);
  }

  async rename(actor: Actor, displayName: string): Promise<Me> {
    const rows: MeRow[] = await this.source.query(
      `WITH u AS (
         UPDATE "user" SET display_name = $2 WHERE id = $1 AND deletion_started_at IS NULL RETURNING *
       ) SELECT ${ME_COLUMNS} FROM u`,
      [actor.userId, displayName],
    );
    await this.profiles.forget(actor.userId);
    return onlyOwn(rows);
  }

  /** Anybody, also who has gone. */
  async require(userId: string): Promise<User> {
    const user = (await this.findMany([userId])).get(userId);
    if (!user) throw new DomainError('user_not_found');
    return user;
  }

  /** Those that exist, deleted ones included, by id. */
  async findMany(ids: Iterable<string>): Promise<Map<string, User>> {
    const wanted = [...new Set(ids)];
    if (wanted.length === 0) return new Map();
    const users = new Map((await this.profiles.getMany(wanted)).map((user) => [user.id, user]));
    const missing = wanted.filter((id) => !users.has(id));
    if (missing.length === 0) return users;
    const read = await this.read(missing);
    for (const user of read) users.set(user.id, user);
    if (read.length > 0) await this.profiles.setMany(read);
    return users;
  }

  /** Rejects with `user_not_found` and details.userIds unless all exist and none is deleted. */
  async requireExisting(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    // Not from the cache: what is made with somebody who has gone stays for good.
    const rows: { id: string }[] = await this.source.query(
      'SELECT id FROM "user" WHERE id = ANY($1::uuid[]) AND deletion_started_at IS NULL',
      [ids],
    );
    const existing = new Set(rows.map((row) => row.id));
    const userIds = [...new Set(ids)].filter((id) => !existing.has(id));
    if (userIds.length > 0) throw new DomainError('user_not_found', undefined, { userIds });
  }

  /** Moves forward when people were last seen, all in one statement. */
  async touchLastSeen(entries: readonly { userId: string; at: Date }[]): Promise<void> {
    if (entries.length === 0) return;
    // Locked in the order of ids: two nodes that note the same people must not wait for each other.
    await this.source.query(
      `WITH entry AS (
         SELECT id, max(at) AS at FROM unnest($1::uuid[], $2::timestamptz[]) AS e (id, at) GROUP BY id
       ), locked AS (
         SELECT id FROM "user" WHERE id IN (SELECT id FROM entry) ORDER BY id FOR NO KEY UPDATE
       )
       UPDATE "user" u SET last_seen_at = entry.at
       FROM entry JOIN locked USING (id)
       WHERE u.id = entry.id AND u.deleted_at IS NULL AND (u.last_seen_at IS NULL OR u.last_seen_at < entry.at)`,
      [entries.map((entry) => entry.userId), entries.map((entry) => entry.at)],
    );
  }

  /** When people were last seen, by id; null is never, or not any more. */
  async lastSeen(ids: readonly string[]): Promise<Map<string, Date | null>> {
    if (ids.length === 0) return new Map();
    const rows: { id: string; at: Date | null }[] = await this.source.query(
      'SELECT id, last_seen_at AS at FROM "user" WHERE id = ANY($1::uuid[])',
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row.at]));
  }

  private async read(ids: readonly string[]): Promise<User[]> {
    const rows: UserRow[] = await this.source.query(
      `SELECT ${USER_COLUMNS} FROM "user" u WHERE u.id = ANY($1::uuid[])`,
      [ids],
    );
    return rows.map(toUser);
  }
}

/** The account of a token that is still good: once its deletion starts, there is no session either. */
function onlyOwn([row]: MeRow[]): Me {
  if (!row) throw new DomainError('session_revoked');
  return toMe(row);
}
