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
/** Conversations whose members are read at once: who waits for a connection meanwhile does not wait long. */
const READ_AT_ONCE = 300;
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
  /** Read from the feed, and not handed on yet, by conversation. */
  private readonly unheard = new Map<string, Commit[]>();
  /** Of this process, by conversation: perhaps committed, the answer was lost. */
  private readonly uncertain = new Map<string, Uncertain>();
  private reading: Promise<void> = Promise.resolve();
  private hearing: Promise<void> | undefined;
  private telling: Promise<void> | undefined;
  private failure: Error | undefined;

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
    await this.telling;
  }

  async catchUp(): Promise<void> {
    await this.read();
    await this.hear();
    await this.lookAtUncertain('');
  }

  fill(gaps: readonly Gap[]): Promise<Filling[]> {
    return this.filler.fill(gaps);
  }

  members(conversationId: string): Members | null {
    return this.memberships.held(conversationId);
  }

  /**
   * Reads the feed, and hands on at once what it says of conversations whose members have changed: who was
   * removed must be gone within a second, however much else was committed before.
   *
   * One reading after the other: what one has taken, the next does not find.
   */
  private read(): Promise<void> {
    const next = this.reading.then(async () => {
      for (const commit of await this.feed.read()) {
        if (this.delivery.hasTold(commit)) continue;
        const commits = this.unheard.get(commit.conversationId);
        if (commits) commits.push(commit);
        else this.unheard.set(commit.conversationId, [commit]);
      }
      for (const [id, commits] of this.unheard) {
        if (commits.some(({ changesMembers }) => changesMembers)) this.delivery.heard(this.take(id));
      }
    });
    this.reading = next.catch(() => undefined);
    return next;
  }

  /** Hands on what concerns somebody who is connected here; what fails is left for the next time. */
  private hear(): Promise<void> {
    this.hearing ??= this.hearAll().finally(() => (this.hearing = undefined));
    return this.hearing;
  }

  private async hearAll(): Promise<void> {
    while (this.unheard.size > 0) {
      const some = [...this.unheard.keys()].slice(0, READ_AT_ONCE);
      await Promise.all(some.map((conversationId) => this.hearOf(conversationId)));
    }
  }

  private async hearOf(conversationId: string): Promise<void> {
    const membership = await this.memberships.find(conversationId);
    const commits = this.take(conversationId);
    if (commits.length === 0) return;
    if (!membership || this.delivery.concerns(membership.everyone)) this.delivery.heard(commits);
    else this.delivery.pass(conversationId);
  }

  /** What is still to be handed on of a conversation: all together, as its gap begins with the first. */
  private take(conversationId: string): Commit[] {
    const commits = this.unheard.get(conversationId) ?? [];
    this.unheard.delete(conversationId);
    return commits.filter((commit) => !this.delivery.hasTold(commit));
  }

  private async poll(): Promise<void> {
    await this.read();
    const { failure } = this;
    this.failure = undefined;
    // Not waited for: it may take long, and whom others remove meanwhile the next reading finds.
    this.telling ??= this.tellRest()
      .catch((error: Error) => void (this.failure = error))
      .finally(() => (this.telling = undefined));
    // Of the turn before: it is logged, and this one tries again.
    if (failure) throw failure;
  }

  private async tellRest(): Promise<void> {
    await this.hear();
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
