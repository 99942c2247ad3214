import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { History, Message } from '@parley/protocol';
import { DataSource } from 'typeorm';
import { messageKey } from './append-statement';
import { MessageEntity } from './message.entity';
import { toMessage } from './to-message';

export interface HistoryRange {
  /** Only messages with a greater seq: where the asking member's sight begins. */
  from: number;
  before?: number | undefined;
  after?: number | undefined;
  limit: number;
}

/** Reads timelines: each an index range of one conversation. */
@Injectable()
export class TimelineReader {
  constructor(@InjectDataSource() private readonly source: DataSource) {}

  /** The page after a seq, or the one before it; with neither, the newest. */
  async history(conversationId: string, { from, before, after, limit }: HistoryRange): Promise<History> {
    const forward = after !== undefined;
    const query = this.source.manager
      .createQueryBuilder(MessageEntity, 'm')
      .where('m.conversation_id = :conversationId', { conversationId })
      .andWhere('m.seq > :low', { low: Math.max(from, after ?? 0) })
      .orderBy('m.seq', forward ? 'ASC' : 'DESC')
      .limit(limit + 1);
    if (before !== undefined) query.andWhere('m.seq < :before', { before });
    const rows = await query.getMany();
    const shown = rows.slice(0, limit);
    if (!forward) shown.reverse();
    return { messages: shown.map(toMessage), more: rows.length > limit };
  }

  /** One message, if it is there. */
  async find(conversationId: string, id: string): Promise<MessageEntity | null> {
    return this.source.manager.findOneBy(MessageEntity, { conversationId, id });
  }

  /** Messages by messageKey. */
  async findMany(
    keys: readonly { conversationId: string; id: string }[],
  ): Promise<Map<string, MessageEntity>> {
    const rows = await this.source.manager
      .createQueryBuilder(MessageEntity, 'm')
      .where('(m.conversation_id, m.id) IN (SELECT * FROM unnest(:conversationIds::uuid[], :ids::uuid[]))', {
        conversationIds: keys.map((key) => key.conversationId),
        ids: keys.map((key) => key.id),
      })
      .getMany();
    return new Map(rows.map((row) => [messageKey(row), row]));
  }

  /** The message of a number in each conversation, by conversation. */
  async atSeq(places: readonly { conversationId: string; seq: number }[]): Promise<Map<string, Message>> {
    if (places.length === 0) return new Map();
    const rows = await this.source.manager
      .createQueryBuilder(MessageEntity, 'm')
      .where(
        '(m.conversation_id, m.seq) IN (SELECT * FROM unnest(:conversationIds::uuid[], :seqs::bigint[]))',
        {
          conversationIds: places.map((place) => place.conversationId),
          seqs: places.map((place) => place.seq),
        },
      )
      .getMany();
    return new Map(rows.map((row) => [row.conversationId, toMessage(row)]));
  }
}
