import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Commit } from '../common/commit';
import { Poller } from '../common/poller';
import { DeliveryService, type Elsewhere } from '../connections/delivery.service';
import type { Filling, Gap } from '../connections/push-order';
import type { Members } from '../connections/recipients';
import { MembershipService } from '../conversations/membership.service';
import { FOLLOWING } from '../database/following';
import { CommitFeed } from '../timeline/commit-feed';
import { TimelineWriter } from '../timeline/timeline-writer';
import { GapFiller } from './gap-filler';

/** What others have committed is told here within a second. */
const POLL_MS = 700;

/**
 * Follows what this process has not told of, in the order of each conversation: what other processes have
 * committed, and what it committed itself without getting the answer.
 */
@Injectable()
export class TimelineFollower implements Elsewhere, OnModuleInit, OnModuleDestroy {
  private readonly poller = new Poller('following other processes', POLL_MS, () => this.poll());
  /** Of this process, by conversation: perhaps committed, the answer was lost. */
  private readonly uncertain = new Map<string, Commit>();
  private reading: Promise<void> = Promise.resolve();

  constructor(
    @InjectDataSource(FOLLOWING) private readonly source: DataSource,
    private readonly writer: TimelineWriter,
    private readonly feed: CommitFeed,
    private readonly delivery: DeliveryService,
    private readonly filler: GapFiller,
    private readonly memberships: MembershipService,
  ) {}

  onModuleInit(): void {
    this.delivery.follow(this);
    this.writer.onUncertain((commits) => {
      for (const commit of commits) {
        // The earliest of several: what follows it is read with it.
        if (!this.uncertain.has(commit.conversationId)) this.uncertain.set(commit.conversationId, commit);
      }
    });
    this.poller.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.poller.stop();
  }

  /** One reading after the other: what one has taken, the next does not find. */
  catchUp(): Promise<void> {
    const next = this.reading.then(async () => {
      this.delivery.heard(await this.concerning(await this.feed.read()));
      await this.lookAtUncertain('');
    });
    this.reading = next.catch(() => undefined);
    return next;
  }

  fill(gaps: readonly Gap[]): Promise<Filling[]> {
    return this.filler.fill(gaps);
  }

  members(conversationId: string): Members | null {
    return this.memberships.held(conversationId);
  }

  /** Of what others have committed, what concerns somebody who is connected here. */
  private async concerning(commits: readonly Commit[]): Promise<Commit[]> {
    const found: Commit[] = [];
    for (const commit of commits) {
      if (this.delivery.hasTold(commit)) continue;
      const { conversationId, changesMembers } = commit;
      // Who came or went is known when it has been read.
      const membership = changesMembers ? null : await this.memberships.find(conversationId);
      if (!membership || this.delivery.concerns(membership.everyone)) found.push(commit);
      else this.delivery.pass(conversationId);
    }
    return found;
  }

  private async poll(): Promise<void> {
    await this.catchUp();
    await this.settleUncertain();
    await this.delivery.fillGaps();
  }

  /** Waits for the locks that lost transactions may still hold: then their end is known. */
  private async settleUncertain(): Promise<void> {
    const known = [...this.uncertain];
    await this.lookAtUncertain('FOR SHARE');
    for (const [id, commit] of known) if (this.uncertain.get(id) === commit) this.uncertain.delete(id);
  }

  private async lookAtUncertain(lock: 'FOR SHARE' | ''): Promise<void> {
    if (this.uncertain.size === 0) return;
    const rows: { id: string; version: string }[] = await this.source.query(
      `SELECT id, version FROM conversation WHERE id = ANY($1::uuid[]) ORDER BY id ${lock}`,
      [[...this.uncertain.keys()]],
    );
    for (const row of rows) {
      const commit = this.uncertain.get(row.id);
      const version = Number(row.version);
      if (commit && version > commit.base.version) this.delivery.heard([{ ...commit, version }]);
    }
  }
}
