import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { ConversationCreated } from '@parley/protocol';
import { DataSource } from 'typeorm';
import { newId } from '../common/ids';
import { Together } from '../common/together';
import { CommitFeed } from '../timeline/commit-feed';
import { ConversationEntity } from '../timeline/conversation.entity';
import { CURRENT_XID } from '../timeline/current-xid';
import { TimelineWriter } from '../timeline/timeline-writer';
import { ConversationAnnouncer, toConversation } from './conversation-announcer';
import { MemberRows } from './member-rows';

/** Two who have no conversation yet. */
export interface Pair {
  /** The same from both sides. */
  readonly key: string;
  readonly userId: string;
  readonly peerId: string;
}

/** Conversations that one statement makes. */
const MADE_AT_ONCE = 300;

// Both accounts are held as for any member: no deletion starts before the commit. What somebody else holds or has
// made is left out. In the order of their keys two processes that make the same wait for each other in no circle.
const MAKE = `
  WITH held AS MATERIALIZED (
    SELECT id FROM "user" WHERE id = ANY($3::uuid[] || $4::uuid[]) AND deletion_started_at IS NULL
    ORDER BY id FOR KEY SHARE SKIP LOCKED
  ), made AS (
    INSERT INTO conversation (id, kind, direct_key, created_by, history_visible, version, members_version, member_count,
      changed_xid)
    SELECT id, 'direct', key, user_id, true, 1, 1, 2, ${CURRENT_XID}
    FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[]) AS t(id, key, user_id, peer_id)
    WHERE user_id IN (SELECT id FROM held) AND peer_id IN (SELECT id FROM held)
    ORDER BY key
    ON CONFLICT DO NOTHING
    RETURNING id, direct_key, created_at
  ), joined AS (
    INSERT INTO member (conversation_id, user_id, role, version, changed_xid)
    SELECT id, unnest(string_to_array(direct_key, ':'))::uuid, 'member', 1, ${CURRENT_XID} FROM made
  ), fed AS (
    INSERT INTO commit_feed (node, conversation_ids, base_versions, base_seqs, versions, changes_members)
    SELECT $5::uuid, array_agg(id), array_agg(0), array_agg(0), array_agg(1), true FROM made HAVING count(*) > 0
  )
  SELECT id, created_at FROM made`;

/** Errors of one pair that keep the others from being made too: its row's, and a lock that was long in coming. */
const OF_ONE = /^(2[23]|55P03$)/;

/** Makes conversations of two, and tells both. */
@Injectable()
export class DirectCreator {
  private readonly making = new Together<Pair, ConversationCreated | null>(
    { most: MADE_AT_ONCE, weight: () => 1 },
    (pairs) => this.makeAll(pairs),
  );

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly writer: TimelineWriter,
    private readonly feed: CommitFeed,
    private readonly announcer: ConversationAnnouncer,
  ) {}

  /** Makes it together with others; null where it is there already, or has to be made alone. */
  together(pair: Pair): Promise<ConversationCreated | null> {
    return this.making.ask(pair);
  }

  /** Makes it in a transaction of its own, which waits for who holds an account; null where it is there already. */
  async alone({ key, userId, peerId }: Pair): Promise<ConversationCreated | null> {
    const row = newDirect(key, userId);
    const members = await this.writer.create(row, async (change) => {
      const version = ++row.version;
      const roles = new Map([userId, peerId].map((id) => [id, 'member'] as const));
      return new MemberRows(change).add(roles, { joinedSeq: 0, version });
    });
    if (!members) return null;
    this.announcer.made(row, members);
    return { conversation: toConversation(row), duplicate: false };
  }

  private async makeAll(pairs: readonly Pair[]): Promise<(ConversationCreated | null)[]> {
    const wanted = new Map<string, { pair: Pair; row: ConversationEntity }>();
    for (const pair of pairs) {
      if (!wanted.has(pair.key)) wanted.set(pair.key, { pair, row: newDirect(pair.key, pair.userId) });
    }
    const made = await this.insert([...wanted.values()]);
    return pairs.map((pair) => {
      const one = wanted.get(pair.key);
      if (!one || !made.has(one.row.id)) return null;
      return { conversation: toConversation(one.row), duplicate: one.pair !== pair };
    });
  }

  /** The ids of those that were made. */
  private async insert(wanted: readonly { pair: Pair; row: ConversationEntity }[]): Promise<Set<string>> {
    const ids = wanted.map(({ row }) => row.id);
    const values = [
      ids,
      wanted.map(({ pair }) => pair.key),
      wanted.map(({ pair }) => pair.userId),
      wanted.map(({ pair }) => pair.peerId),
      this.feed.nodeId,
    ];
    let rows: { id: string; created_at: Date }[];
    try {
      rows = await this.writer.createAll(ids, () => this.source.query(MAKE, values));
    } catch (error) {
      if (!isOfOne(error)) throw error;
      return new Set();
    }
    const createdAt = new Map(rows.map((row) => [row.id, row.created_at]));
    for (const { pair, row } of wanted) {
      const at = createdAt.get(row.id);
      if (at) this.announce(row, at, pair);
    }
    return new Set(createdAt.keys());
  }

  private announce(row: ConversationEntity, createdAt: Date, { userId, peerId }: Pair): void {
    Object.assign(row, { createdAt, version: 1, membersVersion: 1, memberCount: 2 });
    const cursors = { joinedSeq: 0, deliveredSeq: 0, readSeq: 0, version: 1 };
    this.announcer.made(
      row,
      [userId, peerId].map((id) => ({ userId: id, role: 'member', ...cursors })),
    );
  }
}

function newDirect(directKey: string, createdBy: string): ConversationEntity {
  const row = new ConversationEntity();
  Object.assign(row, { id: newId(), kind: 'direct', title: null, directKey, createdBy });
  return Object.assign(row, { historyVisible: true, lastSeq: 0, version: 0 });
}

function isOfOne(error: unknown): boolean {
  const state = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof state === 'string' && OF_ONE.test(state);
}
