import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { ConversationKind, ConversationSummary, MemberRole, Page } from '@parley/protocol';
import { DataSource } from 'typeorm';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { Together } from '../common/together';
import type { PageQuery } from '../common/page-query.dto';
import { decodeCursor, encodeCursor, toPage, UUID_PATTERN } from '../common/pagination';
import { WITH_COUNTS } from '../receipts/unread-statement';
import { NEWEST_COLUMNS, type NewestRow, toNewest, WITH_NEWEST } from '../timeline/newest-statement';
import { UnreadService } from '../receipts/unread.service';
import { toUser, USER_COLUMNS, type UserRow } from '../users/to-user';

interface Row extends NewestRow {
  /** Whose conversation, by the place of the question. */
  asked: number;
  id: string;
  kind: ConversationKind;
  title: string | null;
  history_visible: boolean;
  last_seq: string;
  version: string;
  created_at: Date;
  member_count: number;
  role: MemberRole;
  joined_seq: string;
  delivered_seq: string;
  read_seq: string;
  unread: number;
  mentions: number;
  peer: UserRow | null;
}

/** Some conversations of somebody. */
interface Question {
  readonly userId: string;
  readonly ids: readonly string[];
}

/** Conversations that are read by one statement, whosoever they are. */
const READ_AT_ONCE = 300;
const TIME_PATTERN = /^\d{1,18}$/;

/** A person's conversations as their list shows them, the latest written in first. */
@Injectable()
export class ConversationListService {
  private readonly reads: Together<Question, ConversationSummary[]>;

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly unread: UnreadService,
  ) {
    const weight = ({ ids }: Question) => ids.length;
    this.reads = new Together({ most: READ_AT_ONCE, weight }, (asked) => readSummaries(source, asked));
  }

  async list(actor: Actor, { cursor, limit }: PageQuery): Promise<Page<ConversationSummary>> {
    const [activeAt, id] = cursor ? decodeCursor(cursor, [TIME_PATTERN, UUID_PATTERN]) : [null, null];
    const rows: { id: string; active_at: string }[] = await this.source.query(LIST, [
      actor.userId,
      activeAt,
      id,
      limit + 1,
    ]);
    const page = toPage(
      rows,
      limit,
      (row) => row.id,
      (row) => encodeCursor(row.active_at, row.id),
    );
    return { items: await this.summaries(actor, page.items), cursor: page.cursor };
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
    const summaries = await this.reads.ask({ userId: actor.userId, ids });
    this.unread.answered(
      actor.userId,
      summaries.map((summary) => summary.id),
      moment,
    );
    return summaries;
  }
}

/** A page of somebody's conversations. */
const LIST = `
  SELECT c.id, (extract(epoch FROM c.active_at) * 1000000)::bigint AS active_at
  FROM member m JOIN conversation c ON c.id = m.conversation_id
  WHERE m.user_id = $1 AND m.left_at IS NULL AND ($2::bigint IS NULL OR
    (c.active_at, c.id) < (to_timestamp($2::bigint / 1000000.0)::timestamptz(3), $3::uuid))
  ORDER BY c.active_at DESC, c.id DESC LIMIT $4`;

// One statement, so that the counts are as of this last_seq. OFFSET 0 has each row looked up: for many questions
// reading all there are would look as cheap.
const SUMMARIES = `
  SELECT pair.asked::int AS asked, c.id, c.kind, c.title, c.history_visible, c.last_seq, c.version, c.member_count,
    c.created_at, m.role, m.joined_seq, m.delivered_seq, m.read_seq, counted.unread, mentioned.mentions,
    ${NEWEST_COLUMNS}, peer.peer
  FROM unnest($1::int[], $2::uuid[], $3::uuid[]) WITH ORDINALITY AS pair (asked, user_id, conversation_id, n)
  CROSS JOIN LATERAL (
    SELECT * FROM member
    WHERE conversation_id = pair.conversation_id AND user_id = pair.user_id AND left_at IS NULL OFFSET 0) m
  CROSS JOIN LATERAL (SELECT * FROM conversation WHERE id = m.conversation_id OFFSET 0) c${WITH_COUNTS}${WITH_NEWEST}
  LEFT JOIN LATERAL (
    SELECT row_to_json(shown) AS peer FROM (
      SELECT ${USER_COLUMNS} FROM "user" u
      WHERE u.id = (CASE left(c.direct_key, 36) WHEN m.user_id::text THEN right(c.direct_key, 36)
        ELSE left(c.direct_key, 36) END)::uuid OFFSET 0) shown
  ) peer ON true
  ORDER BY pair.n`;

/** What each has asked for, in the order of their ids; what somebody is not in is left out. */
async function readSummaries(
  source: DataSource,
  asked: readonly Question[],
): Promise<ConversationSummary[][]> {
  const rows: Row[] = await source.query(SUMMARIES, [
    asked.flatMap(({ ids }, at) => ids.map(() => at)),
    asked.flatMap(({ userId, ids }) => ids.map(() => userId)),
    asked.flatMap(({ ids }) => ids),
  ]);
  const answers = asked.map((): ConversationSummary[] => []);
  for (const row of rows) answers[row.asked]?.push(toSummary(row));
  return answers;
}

function toSummary(row: Row): ConversationSummary {
  const joinedSeq = Number(row.joined_seq);
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    historyVisible: row.history_visible,
    lastSeq: Number(row.last_seq),
    version: Number(row.version),
    memberCount: row.member_count,
    createdAt: row.created_at.toISOString(),
    role: row.role,
    joinedSeq,
    deliveredSeq: Number(row.delivered_seq),
    readSeq: Number(row.read_seq),
    unread: row.unread,
    unreadMentions: row.mentions,
    lastMessage: toNewest(row, joinedSeq),
    peer: row.peer && toUser(row.peer),
  };
}
