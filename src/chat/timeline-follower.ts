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

/** What others have committed is told here within a second, and whom they have removed has gone. */
const POLL_MS = 500;
/** By then the database has ended a transaction whose client is gone. */
const LOST_MS = 60_000;

interface Uncertain {
  readonly commit: Commit;
  /** By the monotonic clock. */
  readonly since: number;
}

/**
 * Follows what this process has not told of, in the order of each conversation: what other processes have
 * committed, and what it committed itself without getting the answer.
 */
@Injectable()
export class TimelineFollower implements Elsewhere, OnModuleInit, OnModuleDestroy {
  private readonly poller = new Poller('following other processes', POLL_MS, () => this.poll());
  /** Read from the feed, and not told yet. */
  private readonly unheard: Commit[] = [];
  /** Of this process, by conversation: perhaps committed, the answer was lost. */
  private readonly uncertain = new Map<string, Uncertain>();
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
        if (this.uncertain.has(commit.conversationId)) continue;
        this.uncertain.set(commit.conversationId, { commit, since: performance.now() });
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
      this.unheard.push(...(await this.feed.read()));
      await this.hear();
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

  /** Hands on what concerns somebody who is connected here; what fails is left for the next time. */
  private async hear(): Promise<void> {
    let done = 0;
    try {
      for (const commit of this.unheard) {
        if (!this.delivery.hasTold(commit)) await this.hearOf(commit);
        done++;
      }
    } finally {
      this.unheard.splice(0, done);
    }
  }

  private async hearOf(commit: Commit): Promise<void> {
    const { conversationId, changesMembers } = commit;
    // Who came or went is known when it has been read.
    const membership = changesMembers ? null : await this.memberships.find(conversationId);
    if (!membership || this.delivery.concerns(membership.everyone)) this.delivery.heard([commit]);
    else this.delivery.pass(conversationId);
  }

  private async poll(): Promise<void> {
    await this.catchUp();
    await this.settleUncertain();
    await this.delivery.fillGaps();
  }

  /** Once nobody holds the lock of a lost transaction any more, its end is known. */
  private async settleUncertain(): Promise<void> {
    const known = [...this.uncertain];
    const free = await this.lookAtUncertain('FOR SHARE SKIP LOCKED');
    const now = performance.now();
    for (const [id, uncertain] of known) {
      const isOver = free.has(id) || now - uncertain.since > LOST_MS;
      if (isOver && this.uncertain.get(id) === uncertain) this.uncertain.delete(id);
    }
  }

  /** Tells what has taken place; returns the conversations that it could look at. */
  private async lookAtUncertain(lock: 'FOR SHARE SKIP LOCKED' | ''): Promise<Set<string>> {
    if (this.uncertain.size === 0) return new Set();
    const rows: { id: string; version: string }[] = await this.source.query(
      `SELECT id, version FROM conversation WHERE id = ANY($1::uuid[]) ORDER BY id ${lock}`,
      [[...this.uncertain.keys()]],
    );
    for (const row of rows) {
      const commit = this.uncertain.get(row.id)?.commit;
      const version = Number(row.version);
      if (commit && version > commit.base.version) this.delivery.heard([{ ...commit, version }]);
    }
    return new Set(rows.map((row) => row.id));
  }
}
