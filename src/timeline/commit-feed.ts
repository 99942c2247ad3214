import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { newId } from '../common/ids';

const KEEP = '10 minutes';
const PURGE_INTERVAL_MS = 60_000;

/** What was committed lately, a row per commit: from it another node learns what the bus lost. */
@Injectable()
export class CommitFeed implements OnModuleInit, OnModuleDestroy {
  /** This process among the writers. */
  readonly nodeId = newId();
  private readonly logger = new Logger(CommitFeed.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(@InjectDataSource() private readonly source: DataSource) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.purge(), PURGE_INTERVAL_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Notes a change in its own transaction. */
  async record(manager: EntityManager, conversationId: string, version: number): Promise<void> {
    await manager.query('INSERT INTO commit_feed (node, conversation_ids, versions) VALUES ($1, $2, $3)', [
      this.nodeId,
      [conversationId],
      [version],
    ]);
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
