import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LIMITS, type MemberProfile, type Page, type User } from '@parley/protocol';
import { DataSource } from 'typeorm';
import type { Actor } from '../common/actor';
import { decodeCursor, encodeCursor, toPage, UUID_PATTERN } from '../common/pagination';
import { MemberEntity } from '../timeline/member.entity';
import type { MessageEntity } from '../timeline/message.entity';
import { UsersService } from '../users/users.service';
import type { MembersQuery } from './conversations.dto';
import { memberOf } from './member-rows';
import { MembershipService } from './membership.service';

/** Greater than every character that a name holds. */
const LAST = '\u{10ffff}';
/** Whose names begin so, by the indexes of the search of people. */
const NAMED = `SELECT u.id FROM "user" u WHERE u.deletion_started_at IS NULL AND (
  u.username ~>=~ lower(:named) AND u.username ~<~ (lower(:named) || :last)
  OR lower(u.display_name) ~>=~ lower(:named) AND lower(u.display_name) ~<~ (lower(:named) || :last))`;

/** The list of a conversation's members, for its members. */
@Injectable()
export class MemberDirectoryService {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly memberships: MembershipService,
    private readonly users: UsersService,
  ) {}

  /** Members in the order of their ids, and who they are. */
  async list(actor: Actor, conversationId: string, page: MembersQuery): Promise<Page<MemberProfile>> {
    const { items, cursor } = await this.rows(actor, conversationId, page);
    const users = await this.users.findMany(items.map((row) => row.userId));
    return { items: items.map((row) => ({ ...memberOf(row), user: userOf(users, row.userId) })), cursor };
  }

  /** Members in the order of their ids, as they are stored. */
  async rows(
    actor: Actor,
    conversationId: string,
    { cursor, limit, query: named }: MembersQuery,
  ): Promise<Page<MemberEntity>> {
    await this.memberships.require(conversationId, actor.userId);
    const query = this.source.manager
      .createQueryBuilder(MemberEntity, 'm')
      .where('m.conversation_id = :conversationId AND m.left_at IS NULL', { conversationId })
      .orderBy('m.user_id')
      .limit(limit + 1);
    if (named) query.andWhere(`m.user_id IN (${NAMED})`, { named, last: LAST });
    if (cursor) query.andWhere('m.user_id > :after', { after: decodeCursor(cursor, [UUID_PATTERN])[0] });
    return toPage(
      await query.getMany(),
      limit,
      (row) => row,
      (row) => encodeCursor(row.userId),
    );
  }

  /** Whom a message has reached, its sender aside, and whether they have read it. */
  async reached(
    conversationId: string,
    { seq, senderId }: Pick<MessageEntity, 'seq' | 'senderId'>,
  ): Promise<{ userId: string; hasRead: boolean }[]> {
    return this.source.query(
      `SELECT user_id AS "userId", read_seq >= $2 AS "hasRead" FROM member
       WHERE conversation_id = $1 AND left_at IS NULL AND joined_seq < $2 AND delivered_seq >= $2 AND user_id <> $3
       ORDER BY user_id LIMIT $4`,
      [conversationId, seq, senderId, LIMITS.memberIdsPerRequest],
    );
  }
}

function userOf(users: ReadonlyMap<string, User>, id: string): User {
  const user = users.get(id);
  if (!user) throw new Error(`member ${id} has no account`);
  return user;
}
