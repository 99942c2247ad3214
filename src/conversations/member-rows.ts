import type { Member, MemberRole } from '@parley/protocol';
import { type EntityManager, IsNull } from 'typeorm';
import { DomainError } from '../common/domain-error';
import type { ConversationChange } from '../timeline/conversation-change';
import { ConversationEntity } from '../timeline/conversation.entity';
import { MemberEntity } from '../timeline/member.entity';
import { CURRENT_XID } from '../timeline/current-xid';

/** Queries on the members of one conversation, for use within a change that holds its lock. */
export class MemberRows {
  private readonly manager: EntityManager;
  private readonly conversation: ConversationEntity;
  private readonly conversationId: string;

  /** What is changed through it shows in the change's conversation, which is stored at the end. */
  constructor({ manager, conversation }: ConversationChange) {
    this.manager = manager;
    this.conversation = conversation;
    this.conversationId = conversation.id;
  }

  /** A present member, or `code` when there is none. */
  async require(userId: string, code: 'conversation_not_found' | 'member_not_found'): Promise<MemberEntity> {
    const row = await this.manager.findOneBy(MemberEntity, {
      conversationId: this.conversationId,
      userId,
      leftAt: IsNull(),
    });
    if (!row) throw new DomainError(code);
    return row;
  }

  ownerCount(): Promise<number> {
    return this.manager.countBy(MemberEntity, {
      conversationId: this.conversationId,
      leftAt: IsNull(),
      role: 'owner',
    });
  }

  /** Who is next in line for a group without an owner: admins first, then whoever joined first. */
  async heir(exceptUserId: string): Promise<MemberEntity | null> {
    return this.manager
      .createQueryBuilder(MemberEntity, 'm')
      .where('m.conversation_id = :id AND m.left_at IS NULL AND m.user_id <> :exceptUserId', {
        id: this.conversationId,
        exceptUserId,
      })
      .orderBy("CASE m.role WHEN 'owner' THEN 0 WHEN 'admin' THEN 1 ELSE 2 END")
      .addOrderBy('m.joined_seq')
      .addOrderBy('m.user_id')
      .limit(1)
      .getOne();
  }

  /** Which of these are not members now. */
  async missing(userIds: readonly string[]): Promise<string[]> {
    const rows: { user_id: string }[] = await this.manager.query(
      `SELECT t.user_id FROM unnest($2::uuid[]) AS t(user_id)
       WHERE NOT EXISTS (
         SELECT 1 FROM member m WHERE m.conversation_id = $1 AND m.user_id = t.user_id AND m.left_at IS NULL)`,
      [this.conversationId, userIds],
    );
    return rows.map((row) => row.user_id);
  }

  /** Adds people who are no members now, or takes them in again; they see what comes after `joinedSeq`. */
  async add(
    roles: ReadonlyMap<string, MemberRole>,
    { joinedSeq, version }: { joinedSeq: number; version: number },
  ): Promise<Member[]> {
    await this.holdAccounts([...roles.keys()]);
    const rows: MemberRow[] = await this.manager.query(
      `INSERT INTO member AS m (conversation_id, user_id, role, joined_seq, delivered_seq, read_seq, version, changed_xid)
       SELECT $1, t.user_id, t.role, $4, $4, $4, $5, ${CURRENT_XID} FROM unnest($2::uuid[], $3::text[]) AS t(user_id, role)
       ON CONFLICT (conversation_id, user_id) DO UPDATE SET
         role = excluded.role, joined_seq = excluded.joined_seq, version = excluded.version,
         left_at = NULL, removed_by = NULL,
         delivered_seq = greatest(m.delivered_seq, excluded.delivered_seq),
         read_seq = greatest(m.read_seq, excluded.read_seq), changed_xid = excluded.changed_xid
       RETURNING user_id, role, joined_seq, delivered_seq, read_seq, version`,
      [this.conversationId, [...roles.keys()], [...roles.values()], joinedSeq, version],
    );
    this.conversation.membersVersion = version;
    await this.grow(rows.length);
    return rows.map(toMember);
  }

  async setRole(row: MemberEntity, role: MemberRole, version: number): Promise<Member> {
    row.role = role;
    row.version = version;
    await this.update(row, { role, version });
    return memberOf(row);
  }

  /** `removedBy` is null for who goes by themselves. */
  async remove(row: MemberEntity, version: number, removedBy: string | null): Promise<void> {
    await this.update(row, { leftAt: () => 'now()', version, removedBy });
    await this.grow(-1);
  }

  private async grow(by: number): Promise<void> {
    const updated = await this.manager
      .createQueryBuilder()
      .update(ConversationEntity)
      .set({ memberCount: () => `member_count + (${by})` })
      .where({ id: this.conversationId })
      .returning('member_count')
      .execute();
    const [{ member_count: count }] = updated.raw as [{ member_count: number }];
    this.conversation.memberCount = count;
  }

  /** Lets no deletion of these accounts start before the commit: it leaves what its member rows then show. */
  private async holdAccounts(ids: string[]): Promise<void> {
    const rows: { id: string }[] = await this.manager.query(
      `SELECT id FROM "user" WHERE id = ANY($1::uuid[]) AND deletion_started_at IS NULL
       ORDER BY id FOR KEY SHARE`,
      [ids],
    );
    const held = new Set(rows.map((row) => row.id));
    const userIds = ids.filter((id) => !held.has(id));
    if (userIds.length > 0) throw new DomainError('user_not_found', undefined, { userIds });
  }

  private async update(
    { userId }: MemberEntity,
    values: { role?: MemberRole; version: number; leftAt?: () => string; removedBy?: string | null },
  ): Promise<void> {
    this.conversation.membersVersion = values.version;
    await this.manager.update(
      MemberEntity,
      { conversationId: this.conversationId, userId },
      {
        ...values,
        changedXid: () => CURRENT_XID,
      },
    );
  }
}

interface MemberRow {
  user_id: string;
  role: MemberRole;
  joined_seq: string;
  delivered_seq: string;
  read_seq: string;
  version: string;
}

function toMember(row: MemberRow): Member {
  return {
    userId: row.user_id,
    role: row.role,
    joinedSeq: Number(row.joined_seq),
    deliveredSeq: Number(row.delivered_seq),
    readSeq: Number(row.read_seq),
    version: Number(row.version),
  };
}

/** A stored member as it goes over the wire. */
export function memberOf({ userId, role, joinedSeq, deliveredSeq, readSeq, version }: MemberEntity): Member {
  return { userId, role, joinedSeq, deliveredSeq, readSeq, version };
}
