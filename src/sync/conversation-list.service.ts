import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { ConversationKind, ConversationSummary, MemberRole, Page } from '@parley/protocol';
import { DataSource } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import type { PageQuery } from '../common/page-query.dto';
import { decodeCursor, encodeCursor, toPage, UUID_PATTERN } from '../common/pagination';
import { WITH_COUNTS } from '../receipts/unread-statement';
import { TimelineReader } from '../timeline/timeline-reader';
import { UnreadService } from '../receipts/unread.service';
import { UsersService } from '../users/users.service';

interface Row {
  id: string;
  kind: ConversationKind;
  title: string | null;
  direct_key: string | null;
  history_visible: boolean;
  last_seq: string;
  version: string;
  created_at: Date;
  /** Microseconds since 1970, exact, for the cursor. */
  active_at: string;
  member_count: number;
  role: MemberRole;
  joined_seq: string;
  delivered_seq: string;
  read_seq: string;
  unread: number;
  mentions: number;
}

const TIME_PATTERN = /^\d{1,18}$/;

/** A person's conversations as their list shows them, the latest written in first. */
@Injectable()
export class ConversationListService {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly reader: TimelineReader,
    private readonly users: UsersService,
    private readonly unread: UnreadService,
  ) {}

  async list(actor: Actor, { cursor, limit }: PageQuery): Promise<Page<ConversationSummary>> {
    const [activeAt, id] = cursor ? decodeCursor(cursor, [TIME_PATTERN, UUID_PATTERN]) : [null, null];
    const { moment } = this.unread;
    const rows: Row[] = await this.source.query(
      select(
        `AND ($2::bigint IS NULL OR
           (c.active_at, c.id) < (to_timestamp($2::bigint / 1000000.0)::timestamptz(3), $3::uuid))
         ORDER BY c.active_at DESC, c.id DESC LIMIT $4`,
        'm.active_at DESC, m.id DESC',
      ),
      [actor.userId, activeAt, id, limit + 1],
    );
    const summaries = await this.summarize(actor, rows.slice(0, limit), moment);
    const page = toPage(
      rows,
      limit,
      (row) => row,
      (row) => encodeCursor(row.active_at, row.id),
    );
    return { items: summaries, cursor: page.cursor };
  }

  async get(actor: Actor, conversationId: string): Promise<ConversationSummary> {
    const [summary] = await this.summaries(actor, [conversationId]);
    if (!summary) throw new DomainError('conversation_not_found');
    return summary;
  }

  /** Conversations of mine, in the order of the ids; those that I am not in are left out. */
  async summaries(actor: Actor, ids: readonly string[]): Promise<ConversationSummary[]> {
    if (ids.length === 0) return [];
    const { moment } = this.unread;
    const rows: Row[] = await this.source.query(
      select('AND c.id = ANY($2::uuid[])', 'array_position($2::uuid[], m.id)'),
      [actor.userId, ids],
    );
    return this.summarize(actor, rows, moment);
  }

  /** `moment`: of the counts. */
  private async summarize(actor: Actor, rows: Row[], moment: number): Promise<ConversationSummary[]> {
    const ids = rows.map((row) => row.id);
    const peerIds = rows.map((row) => peerOf(row, actor.userId)).filter((id) => id !== undefined);
    const [last, peers] = await Promise.all([
      this.reader.newest(actor.userId, ids),
      this.users.findMany(peerIds),
    ]);
    this.unread.answered(actor.userId, ids, moment);
    return rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      title: row.title,
      historyVisible: row.history_visible,
      lastSeq: Number(row.last_seq),
      version: Number(row.version),
      memberCount: row.member_count,
      createdAt: row.created_at.toISOString(),
      role: row.role,
      joinedSeq: Number(row.joined_seq),
      deliveredSeq: Number(row.delivered_seq),
      readSeq: Number(row.read_seq),
      unread: row.unread,
      unreadMentions: row.mentions,
      lastMessage: last.get(row.id) ?? null,
      peer: peers.get(peerOf(row, actor.userId) ?? '') ?? null,
    }));
  }
}

// One statement, so that the counts are as of this last_seq, and only the page is counted.
const select = (which: string, order: string) => `
  WITH page AS MATERIALIZED (
    SELECT c.id, c.kind, c.title, c.direct_key, c.history_visible, c.last_seq, c.version, c.member_count, c.created_at,
      (extract(epoch FROM c.active_at) * 1000000)::bigint AS active_at,
      m.conversation_id, m.user_id, m.role, m.joined_seq, m.delivered_seq, m.read_seq
    FROM member m JOIN conversation c ON c.id = m.conversation_id
    WHERE m.user_id = $1 AND m.left_at IS NULL ${which}
  )
  SELECT m.*, counted.unread, mentioned.mentions FROM page m${WITH_COUNTS} ORDER BY ${order}`;

function peerOf({ direct_key: key }: Row, userId: string): string | undefined {
  return key?.split(':').find((id) => id !== userId);
}
