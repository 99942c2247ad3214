import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LIMITS } from '@parley/protocol';
import { DataSource } from 'typeorm';

/** Counts what somebody has not read: after their cursor, not their own, visible to them. */
@Injectable()
export class UnreadService {
  constructor(@InjectDataSource() private readonly source: DataSource) {}

  /** Unread messages by conversation, each counted up to LIMITS.unreadCount. */
  async count(userId: string, conversationIds: readonly string[]): Promise<Map<string, number>> {
    if (conversationIds.length === 0) return new Map();
    const rows: { conversation_id: string; unread: string }[] = await this.source.query(
      `SELECT m.conversation_id, counted.unread
       FROM member m CROSS JOIN LATERAL (
         SELECT count(*) AS unread FROM (
           SELECT 1 FROM message
           WHERE conversation_id = m.conversation_id AND seq > greatest(m.read_seq, m.joined_seq)
             AND sender_id <> m.user_id
           ORDER BY seq LIMIT $3) AS newer
       ) AS counted
       WHERE m.user_id = $1 AND m.conversation_id = ANY($2::uuid[])`,
      [userId, conversationIds, LIMITS.unreadCount],
    );
    return new Map(rows.map((row) => [row.conversation_id, Number(row.unread)]));
  }
}
