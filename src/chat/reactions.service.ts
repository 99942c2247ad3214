import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LIMITS, type Message, type Page, type Reaction, type ReactionEntry } from '@parley/protocol';
import { DataSource, type EntityManager } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { decodeCursor, encodeCursor, toPage, UUID_PATTERN } from '../common/pagination';
import type { MessageEntity } from '../timeline/message.entity';
import { MessageAccess } from './message-access';
import type { ReactionsQuery } from './message-changes.dto';
import { MessageChanger, requireNotDeleted, type Target } from './message-changer';
import { hasRoomFor, withKind } from './reaction-summary';

interface ReactionRow {
  user_id: string;
  emoji: string;
  created_at: Date;
}

const TIME_PATTERN = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Emoji on messages: several kinds on each, and of each kind one per person. */
@Injectable()
export class ReactionsService {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly access: MessageAccess,
    private readonly changer: MessageChanger,
  ) {}

  async set(actor: Actor, target: Target, emoji: string, on: boolean): Promise<Message> {
    return this.changer.change(actor, target, 'message.react', async ({ manager, row }) => {
      requireNotDeleted(row);
      const reactions = row.reactions ?? [];
      const store = on ? add : remove;
      if (!(await store(manager, row, emoji, actor.userId))) return null;
      if (on && !hasRoomFor(reactions, emoji)) throw new DomainError('reaction_limit');
      // Counted on, because counting the rows would cost the more the more there are.
      const before = reactions.find((reaction) => reaction.emoji === emoji)?.count ?? 0;
      const count = before + (on ? 1 : -1);
      const kind: Reaction = { emoji, count, userIds: await first(manager, row, emoji) };
      const after = withKind(reactions, kind);
      return { reactions: after.length > 0 ? after : null };
    });
  }

  /** Who has reacted, by emoji and then the earliest first. */
  async list(actor: Actor, target: Target, query: ReactionsQuery): Promise<Page<ReactionEntry>> {
    const { conversationId, id } = target;
    await this.access.message(actor, conversationId, id);
    const after = query.cursor
      ? decodeCursor(query.cursor, [/^[^\0]{1,64}$/u, TIME_PATTERN, UUID_PATTERN])
      : [null, null, null];
    const rows: ReactionRow[] = await this.source.query(
      `SELECT user_id, emoji, created_at FROM reaction
       WHERE conversation_id = $1 AND message_id = $2 AND ($3::text IS NULL OR emoji = $3)
         AND ($4::text IS NULL OR (emoji, created_at, user_id) > ($4, $5::timestamptz, $6::uuid))
       ORDER BY emoji, created_at, user_id LIMIT $7`,
      [conversationId, id, query.emoji ?? null, ...after, query.limit + 1],
    );
    return toPage(rows, query.limit, toEntry, (row) => {
      return encodeCursor(row.emoji, row.created_at.toISOString(), row.user_id);
    });
  }
}

/** Whether it was not there before. */
async function add(manager: EntityManager, row: MessageEntity, emoji: string, userId: string) {
  const rows: unknown[] = await manager.query(
    `INSERT INTO reaction (conversation_id, message_id, emoji, user_id) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING RETURNING user_id`,
    [row.conversationId, row.id, emoji, userId],
  );
  return rows.length > 0;
}

/** Whether it was there. */
async function remove(manager: EntityManager, row: MessageEntity, emoji: string, userId: string) {
  const rows: unknown[] = await manager.query(
    `WITH gone AS (
       DELETE FROM reaction WHERE conversation_id = $1 AND message_id = $2 AND emoji = $3 AND user_id = $4
       RETURNING user_id)
     SELECT user_id FROM gone`,
    [row.conversationId, row.id, emoji, userId],
  );
  return rows.length > 0;
}

/** The first users with an emoji, a few entries of an index. */
async function first(manager: EntityManager, row: MessageEntity, emoji: string): Promise<string[]> {
  const rows: ReactionRow[] = await manager.query(
    `SELECT user_id FROM reaction WHERE conversation_id = $1 AND message_id = $2 AND emoji = $3
     ORDER BY created_at, user_id LIMIT $4`,
    [row.conversationId, row.id, emoji, LIMITS.reactionUsers],
  );
  return rows.map(({ user_id }) => user_id);
}

function toEntry(row: ReactionRow): ReactionEntry {
  return { userId: row.user_id, emoji: row.emoji, createdAt: row.created_at.toISOString() };
}
