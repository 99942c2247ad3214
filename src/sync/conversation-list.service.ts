import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { ConversationKind, ConversationSummary, MemberRole, Page } from '@parley/protocol';
import { DataSource } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import type { PageQuery } from '../common/page-query.dto';
import { decodeCursor, encodeCursor, toPage, UUID_PATTERN } from '../common/pagination';
import { UnreadService } from '../receipts/unread.service';
import { TimelineReader } from '../timeline/timeline-reader';
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
  changed_at: string;
  member_count: string;
  role: MemberRole;
  joined_seq: string;
  delivered_seq: string;
  read_seq: string;
}

const TIME_PATTERN = /^\d{1,18}$/;

/** A person's conversations as their list shows them, the latest changed first. */
@Injectable()
export class ConversationListService {
  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly reader: TimelineReader,
    private readonly unread: UnreadService,
    private readonly users: UsersService,
  ) {}

  async list(actor: Actor, { cursor, limit }: PageQuery): Promise<Page<ConversationSummary>> {
    const [changedAt, id] = cursor ? decodeCursor(cursor, [TIME_PATTERN, UUID_PATTERN]) : [null, null];
    const rows: Row[] = await this.source.query(
      `${SELECT}
       AND ($2::bigint IS NULL OR (c.changed_at, c.id) < (to_timestamp($2::bigint / 1000000.0)::timestamptz(3), $3::uuid))
       ORDER BY c.changed_at DESC, c.id DESC LIMIT $4`,
      [actor.userId, changedAt, id, limit + 1],
    );
    const summaries = await this.summarize(actor, rows.slice(0, limit));
    const page = toPage(
      rows,
      limit,
      (row) => row,
      (row) => encodeCursor(row.changed_at, row.id),
    );
    return { items: summaries, cursor: page.cursor };
  }

  async get(actor: Actor, conversationId: string): Promise<ConversationSummary> {
    const rows: Row[] = await this.source.query(`${SELECT} AND c.id = $2`, [actor.userId, conversationId]);
    const [summary] = await this.summarize(actor, rows);
    if (!summary) throw new DomainError('conversation_not_found');
    return summary;
  }

  private async summarize(actor: Actor, rows: Row[]): Promise<ConversationSummary[]> {
    const visible = rows.filter((row) => Number(row.last_seq) > Number(row.joined_seq));
    const peerIds = rows.map((row) => peerOf(row, actor.userId)).filter((id) => id !== undefined);
    const [unread, last, peers] = await Promise.all([
      this.unread.count(
        actor.userId,
        rows.map((row) => row.id),
      ),
      this.reader.atSeq(visible.map((row) => ({ conversationId: row.id, seq: Number(row.last_seq) }))),
      this.users.findMany(peerIds),
    ]);
    return rows.map((row) => ({
      id: row.id,
      kind: row.kind,
      title: row.title,
      historyVisible: row.history_visible,
      lastSeq: Number(row.last_seq),
      version: Number(row.version),
      memberCount: Number(row.member_count),
      createdAt: row.created_at.toISOString(),
      role: row.role,
      joinedSeq: Number(row.joined_seq),
      deliveredSeq: Number(row.delivered_seq),
      readSeq: Number(row.read_seq),
      unread: unread.get(row.id) ?? 0,
      lastMessage: last.get(row.id) ?? null,
      peer: peers.get(peerOf(row, actor.userId) ?? '') ?? null,
    }));
  }
}

const SELECT = `
  SELECT c.id, c.kind, c.title, c.direct_key, c.history_visible, c.last_seq, c.version, c.created_at,
    (extract(epoch FROM c.changed_at) * 1000000)::bigint AS changed_at,
    (SELECT count(*) FROM member o WHERE o.conversation_id = c.id AND o.left_at IS NULL) AS member_count,
    m.role, m.joined_seq, m.delivered_seq, m.read_seq
  FROM member m JOIN conversation c ON c.id = m.conversation_id
  WHERE m.user_id = $1 AND m.left_at IS NULL`;

function peerOf({ direct_key: key }: Row, userId: string): string | undefined {
  return key?.split(':').find((id) => id !== userId);
}
