import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Authority } from '../common/authority';
import type { Commit } from '../common/commit';
import { newId } from '../common/ids';
import { FOLLOWING } from '../database/following';
import { FeedCursor } from './feed-cursor';
import { LostAnswers } from './lost-answers';

const KEEP = '10 minutes';
const PURGE_INTERVAL_MS = 60_000;

/** What was committed lately, a row per commit: from it every process learns what others have stored. */
@Injectable()
export class CommitFeed implements OnModuleInit, OnModuleDestroy {
  /** This process among the writers. */
  readonly nodeId = newId();
  private readonly logger = new Logger(CommitFeed.name);
  private timer: NodeJS.Timeout | undefined;
  private readonly others: FeedCursor;
  private readonly lost: LostAnswers;

  /** What others have committed since the last reading, and this process without an answer; one at a time. */
  readonly read: () => Promise<Commit[]>;

  constructor(
    @InjectDataSource(FOLLOWING) private readonly source: DataSource,
    authority: Authority,
  ) {
    this.others = new FeedCursor(source, 'node <> $2');
    this.lost = new LostAnswers(source, this.nodeId);
    this.read = authority.feed(() => this.readAll());
  }

  async onModuleInit(): Promise<void> {
    await this.others.begin();
    this.timer = setInterval(() => void this.purge(), PURGE_INTERVAL_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** The transaction before which all had ended at the last reading. */
  get position(): string {
    return this.others.from;
  }

  /**
   * Has `read` look for what may have been committed without an answer: every commit is in the feed.
   *
   * @param position The feed's, from before the transaction began.
   */
  doubt(conversationIds: Iterable<string>, position: string): void {
    this.lost.add(conversationIds, position);
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

  private async readAll(): Promise<Commit[]> {
    const commits = await this.others.read([this.nodeId]);
    try {
      return [...commits, ...(await this.lost.read())];
    } catch (error) {
      // What was read is not read again: it is handed on, and the next reading fails or goes on.
      if (commits.length === 0) throw error;
      return commits;
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
