import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Commit } from '../common/commit';
import { Poller } from '../common/poller';
import { DeliveryService, type Elsewhere } from '../connections/delivery.service';
import type { Filling, Gap } from '../connections/push-order';
import type { Members } from '../connections/recipients';
import { MembershipService } from '../conversations/membership.service';
import { CommitFeed } from '../timeline/commit-feed';
import { GapFiller } from './gap-filler';

/** What others have committed is told here within a second, and whom they have removed has gone. */
const POLL_MS = 500;
/** Conversations whose members are read at once: who waits for a connection meanwhile does not wait long. */
const READ_AT_ONCE = 300;
/**
 * Follows what this process has not told of, in the order of each conversation: what other processes have
 * committed, and what it committed itself without getting the answer.
 */
@Injectable()
export class TimelineFollower implements Elsewhere, OnModuleInit, OnModuleDestroy {
  private readonly poller = new Poller('following other processes', POLL_MS, () => this.poll());
  /** Read from the feed, and not handed on yet, by conversation. */
  private readonly unheard = new Map<string, Commit[]>();
  private reading: Promise<void> = Promise.resolve();
  private hearing: Promise<void> | undefined;
  private telling: Promise<void> | undefined;
  private failure: Error | undefined;

  constructor(
    private readonly feed: CommitFeed,
    private readonly delivery: DeliveryService,
    private readonly filler: GapFiller,
    private readonly memberships: MembershipService,
  ) {}

  onModuleInit(): void {
    this.delivery.follow(this);
    this.poller.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.poller.stop();
    await this.telling;
  }

  async catchUp(): Promise<void> {
    await this.read();
    await this.hear();
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
    await this.delivery.fillGaps();
  }
}
