import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Authority } from '../common/authority';
import type { Commit } from '../common/commit';
import { newId } from '../common/ids';
import { FOLLOWING } from '../database/following';

const KEEP = '10 minutes';
const PURGE_INTERVAL_MS = 60_000;
const UUID_LENGTH = 36;

/** Rows that one reading takes. */
const MAX_READ = 1_000;

interface Row {
  xid: string;
  node: string;
  conversation_ids: string[];
  base_versions: string[];
  base_seqs: string[];
  versions: string[];
  changes_members: boolean;
}

/** What was committed lately, a row per commit: from it every process learns what others have stored. */
@Injectable()
export class CommitFeed implements OnModuleInit, OnModuleDestroy {
  /** This process among the writers. */
  readonly nodeId = newId();
  private readonly logger = new Logger(CommitFeed.name);
  private timer: NodeJS.Timeout | undefined;
  /** The transaction from which on is read. */
  private from: string | undefined;
  /** What was read of that. */
  private readonly seen = new Set<string>();

  /** What others have committed since the last reading; one reading at a time. */
  readonly read: () => Promise<Commit[]>;

  constructor(
    @InjectDataSource(FOLLOWING) private readonly source: DataSource,
    authority: Authority,
  ) {
    this.read = authority.feed(() => this.readPages());
  }

  async onModuleInit(): Promise<void> {
    await this.begin();
    this.timer = setInterval(() => void this.purge(), PURGE_INTERVAL_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** The transaction before which all had ended at the last reading. */
  get position(): string {
    return this.from ?? '0';
  }

  /** Notes a change in its own transaction. */
  async record(manager: EntityManager, commit: Commit): Promise<void> {
    const { conversationId, base, version, changesMembers } = commit;
    await manager.query(
      `INSERT INTO commit_feed (node, conversation_ids, base_versions, base_seqs, versions, changes_members)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [this.nodeId, [conversationId], [base.version], [base.seq], [version], changesMembers ?? false],
    );
  }

  private async readPages(): Promise<Commit[]> {
    const commits: Commit[] = [];
    try {
      while (await this.readPage(commits));
    } catch (error) {
      // What was read is not read again: it is handed on, and the next reading fails or goes on.
      if (commits.length === 0) throw error;
    }
    return commits;
  }

  /** Whether there may be another. */
  private async readPage(commits: Commit[]): Promise<boolean> {
    const rows: (Row & { through: string })[] = await this.source.query(
      `SELECT f.xid::text, f.node, f.conversation_ids, f.base_versions, f.base_seqs, f.versions, f.changes_members,
         s.through
       FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS through) s
       LEFT JOIN LATERAL (
         SELECT * FROM commit_feed
         WHERE xid >= $1::text::xid8 AND node <> $2 AND NOT (xid::text || node = ANY($3::text[]))
         ORDER BY xid LIMIT $4
       ) f ON true`,
      [this.from, this.nodeId, [...this.seen], MAX_READ],
    );
    const found = rows.filter((row) => row.node !== null);
    for (const row of found) {
      this.seen.add(row.xid + row.node);
      commits.push(...commitsOf(row));
    }
    if (found.length === MAX_READ) return true;
    this.moveTo(rows[0]?.through);
    return false;
  }

  private async begin(): Promise<void> {
    const [row]: { through: string }[] = await this.source.query(
      'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS through',
    );
    this.from = row?.through;
  }

  /** All before has ended and was read; of what is younger some may commit yet, so it is looked at again. */
  private moveTo(xid: string | undefined): void {
    if (xid === undefined) return;
    this.from = xid;
    for (const key of this.seen) {
      // Followed by the node's id, which has a fixed length.
      if (BigInt(key.slice(0, -UUID_LENGTH)) < BigInt(xid)) this.seen.delete(key);
    }
  }

  /** Forgets what every node has long read. */
  async purge(): Promise<void> {
    try {
      await this.source.query(`DELETE FROM commit_feed WHERE committed_at < now() - interval '${KEEP}'`);
    } catch (error) {
      this.logger.warn(`the commit feed was not purged, the next turn tries again: ${String(error)}`);
    }
  }
}

function commitsOf(row: Row): Commit[] {
  return row.conversation_ids.map((conversationId, i) => ({
    conversationId,
    base: { version: Number(row.base_versions[i]), seq: Number(row.base_seqs[i]) },
    version: Number(row.versions[i]),
    changesMembers: row.changes_members,
  }));
}
