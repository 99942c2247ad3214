import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LIMITS, type Unread, type UnreadExplanation } from '@parley/protocol';
import { DataSource } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { MembershipService } from '../conversations/membership.service';
import { HIDDEN, UNREAD, WITH_HIDING } from './unread-statement';
import { UnreadService } from './unread.service';

/** Counted messages that an explanation names. */
const NAMED = 100;

interface Counted {
  seq: string;
  sender_id: string;
  mentions: boolean;
}

// LATERAL: a plain join may find all of them before it takes the first.
const COUNTED = `
  SELECT counted.* FROM member m${WITH_HIDING} CROSS JOIN LATERAL (
    SELECT u.seq, u.sender_id, u.mentions_all OR (
      SELECT n.seq FROM mention n
      WHERE n.user_id = m.user_id AND n.conversation_id = u.conversation_id AND n.seq = u.seq) IS NOT NULL AS mentions
    FROM message u WHERE ${UNREAD} ORDER BY u.seq LIMIT ${LIMITS.unreadCount}
  ) counted
  WHERE m.conversation_id = $1 AND m.user_id = $2`;

// Each reason counts those that the ones before it have left, up to where the counting ended.
const NOT_COUNTED = `
  SELECT count(*) FILTER (WHERE u.sender_id = m.user_id)::int AS mine,
    count(*) FILTER (WHERE u.sender_id <> m.user_id AND u.deleted_at IS NOT NULL)::int AS deleted,
    count(*) FILTER (WHERE u.sender_id <> m.user_id AND u.deleted_at IS NULL AND ${HIDDEN})::int AS hidden
  FROM member m JOIN message u ON u.conversation_id = m.conversation_id
    AND u.seq > greatest(m.read_seq, m.joined_seq) AND u.seq <= $3
  WHERE m.conversation_id = $1 AND m.user_id = $2`;

/** Says how the number of unread messages comes about. */
@Injectable()
export class UnreadExplainer {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly memberships: MembershipService,
    private readonly unread: UnreadService,
  ) {}

  /** What is unread to me in a conversation. */
  async count(actor: Actor, conversationId: string): Promise<Unread> {
    await this.memberships.require(conversationId, actor.userId);
    return required(await this.unread.of(actor.userId, conversationId));
  }

  /** The same, and how it comes about; all of it as of one moment. */
  async explain(actor: Actor, conversationId: string): Promise<Unread & { explain: UnreadExplanation }> {
    const membership = await this.memberships.require(conversationId, actor.userId);
    const joinedSeq = membership.get(actor.userId)?.joinedSeq ?? 0;
    return this.source.transaction('REPEATABLE READ', async (manager) => {
      const unread = required(await this.unread.of(actor.userId, conversationId, manager));
      const { readSeq, lastSeq } = unread;
      const capped = unread.unread === LIMITS.unreadCount;
      const key = [conversationId, actor.userId];
      const counted: Counted[] = await manager.query(COUNTED, key);
      const through = capped ? counted.at(-1)?.seq : lastSeq;
      type Reasons = [UnreadExplanation['notCounted']];
      const [notCounted] = await manager.query<Reasons>(NOT_COUNTED, [...key, through]);
      const explain = {
        ...{ joinedSeq, readSeq, lastSeq, from: Math.max(joinedSeq, readSeq) },
        counted: counted.slice(0, NAMED).map((row) => {
          return { seq: Number(row.seq), senderId: row.sender_id, mentions: row.mentions };
        }),
        ...{ notCounted, capped },
      };
      return { ...unread, explain };
    });
  }
}

function required(unread: Unread | null): Unread {
  // Gone since the look at the membership.
  if (!unread) throw new DomainError('conversation_not_found');
  return unread;
}
