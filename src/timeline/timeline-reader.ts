import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type History, LIMITS, type Message } from '@parley/protocol';
import { DataSource, type EntityManager } from 'typeorm';
import type { Progress } from '../common/commit';
import { messageKey } from './append-statement';
import { MessageEntity } from './message.entity';
import { withOwnReactions } from './own-reactions';
import { addQuotes, asSeenFrom } from './quotes';
import { toMessage } from './to-message';

/** Who reads, and where their sight begins. */
export interface Viewer {
  userId: string;
  /** Messages up to and including this one are not shown to them. */
  joinedSeq: number;
}

export interface HistoryRange {
  before?: number | undefined;
  after?: number | undefined;
  limit: number;
}

/** How a conversation went on. */
export interface Range {
  readonly conversationId: string;
  readonly from: Progress;
  readonly to: Progress;
}

// By the primary key: what somebody has deleted for themselves.
const NOT_HIDDEN = `NOT EXISTS (
  SELECT 1 FROM hidden_message h
  WHERE h.user_id = :userId AND h.conversation_id = m.conversation_id AND h.message_id = m.id)`;

/** Reads timelines: each an index range of one conversation. */
@Injectable()
export class TimelineReader {
  constructor(@InjectDataSource() private readonly source: DataSource) {}

  /** The page after a seq, or the one before it; with neither, the newest. */
  async history(
    conversationId: string,
    viewer: Viewer,
    { before, after, limit }: HistoryRange,
  ): Promise<History> {
    const forward = after !== undefined;
    const query = this.source.manager
      .createQueryBuilder(MessageEntity, 'm')
      .where('m.conversation_id = :conversationId', { conversationId })
      .andWhere('m.seq > :low', { low: Math.max(viewer.joinedSeq, after ?? 0) })
      .andWhere(NOT_HIDDEN, { userId: viewer.userId })
      .orderBy('m.seq', forward ? 'ASC' : 'DESC')
      .limit(limit + 1);
    if (before !== undefined) query.andWhere('m.seq < :before', { before });
    const rows = await query.getMany();
    const shown = rows.slice(0, limit);
    if (!forward) shown.reverse();
    return { messages: await this.toMessages(shown, viewer), more: rows.length > limit };
  }

  /** What was written up to a seq and has changed after a version, in the order of versions. */
  async changedSince(
    conversationId: string,
    viewer: Viewer,
    { afterVersion, upToSeq, limit }: { afterVersion: number; upToSeq: number; limit: number },
  ): Promise<Message[]> {
    const rows = await this.source.manager
      .createQueryBuilder(MessageEntity, 'm')
      .where('m.conversation_id = :conversationId AND m.changed_at IS NOT NULL', { conversationId })
      .andWhere('m.version > :afterVersion', { afterVersion })
      // Not as ranges of seq: those hold all that has happened.
      .andWhere('m.seq + 0 <= :upToSeq AND m.seq + 0 > :joinedSeq', { upToSeq, joinedSeq: viewer.joinedSeq })
      .andWhere(NOT_HIDDEN, { userId: viewer.userId })
      .orderBy('m.version')
      .limit(limit)
      .getMany();
    return this.toMessages(rows, viewer);
  }

  /** What is pinned, the latest first. */
  async pinned(conversationId: string, viewer: Viewer): Promise<Message[]> {
    const rows = await this.source.manager
      .createQueryBuilder(MessageEntity, 'm')
      .where('m.conversation_id = :conversationId AND m.pinned_at IS NOT NULL', { conversationId })
      .andWhere('m.seq > :low', { low: viewer.joinedSeq })
      .andWhere(NOT_HIDDEN, { userId: viewer.userId })
      .orderBy('m.pinnedAt', 'DESC')
      .addOrderBy('m.seq', 'DESC')
      .limit(LIMITS.pins)
      .getMany();
    return this.toMessages(rows, viewer);
  }

  /** One message, if somebody can see it: written after they joined, and not deleted for themselves. */
  async visible(
    conversationId: string,
    id: string,
    { userId, joinedSeq }: Viewer,
    manager = this.source.manager,
  ): Promise<MessageEntity | null> {
    return manager
      .createQueryBuilder(MessageEntity, 'm')
      .where('m.conversation_id = :conversationId AND m.id = :id', { conversationId, id })
      .andWhere('m.seq > :joinedSeq', { joinedSeq })
      .andWhere(NOT_HIDDEN, { userId })
      .getOne();
  }

  /** A message with its quote as somebody sees it whose sight begins after a seq. */
  async quoted(message: Message, joinedSeq = 0): Promise<Message> {
    await addQuotes(this.source.manager, [message]);
    return asSeenFrom(message, joinedSeq);
  }

  /**
   * What was written after `from`, in the order of seq, and what had been written before and changed since:
   * of each at most `limit`, the newest, for each of the conversations.
   */
  async between(manager: EntityManager, ranges: readonly Range[], limit: number): Promise<Message[]> {
    const keys: { conversation_id: string; id: string }[] = await manager.query(
      `SELECT found.conversation_id, found.id
       FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
         AS r(id, from_version, from_seq, to_version, to_seq)
       CROSS JOIN LATERAL (
         (SELECT m.conversation_id, m.id FROM message m
          WHERE m.conversation_id = r.id AND m.seq > r.from_seq AND m.seq <= r.to_seq ORDER BY m.seq DESC LIMIT $6)
         UNION ALL
         (SELECT m.conversation_id, m.id FROM message m
          WHERE m.conversation_id = r.id AND m.changed_at IS NOT NULL
            AND m.version > r.from_version AND m.version <= r.to_version AND m.seq + 0 <= r.from_seq
          ORDER BY m.version DESC LIMIT $6)
       ) found`,
      [
        ranges.map((range) => range.conversationId),
        ranges.map((range) => range.from.version),
        ranges.map((range) => range.from.seq),
        ranges.map((range) => range.to.version),
        ranges.map((range) => range.to.seq),
        limit,
      ],
    );
    const rows = await this.findMany(
      keys.map((key) => ({ conversationId: key.conversation_id, id: key.id })),
      manager,
    );
    const messages = [...rows.values()].map(toMessage);
    await addQuotes(manager, messages);
    return messages;
  }

  /** One message, if it is there. */
  async find(conversationId: string, id: string): Promise<MessageEntity | null> {
    return this.source.manager.findOneBy(MessageEntity, { conversationId, id });
  }

  /** Messages by messageKey. */
  async findMany(
    keys: readonly { conversationId: string; id: string }[],
    manager = this.source.manager,
  ): Promise<Map<string, MessageEntity>> {
    const rows = await manager
      .createQueryBuilder(MessageEntity, 'm')
      .where('(m.conversation_id, m.id) IN (SELECT * FROM unnest(:conversationIds::uuid[], :ids::uuid[]))', {
        conversationIds: keys.map((key) => key.conversationId),
        ids: keys.map((key) => key.id),
      })
      .getMany();
    return new Map(rows.map((row) => [messageKey(row), row]));
  }

  private async toMessages(
    rows: readonly MessageEntity[],
    { userId, joinedSeq }: Viewer,
  ): Promise<Message[]> {
    const messages = rows.map(toMessage);
    await addQuotes(this.source.manager, messages);
    const own = await withOwnReactions(this.source.manager, messages, userId);
    return own.map((message) => asSeenFrom(message, joinedSeq));
  }
}
