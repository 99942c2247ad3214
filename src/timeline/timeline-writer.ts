import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Actor } from '../common/actor';
import { Authority } from '../common/authority';
import type { Commit } from '../common/commit';
import { DomainError } from '../common/domain-error';
import { Slots } from '../common/slots';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import { isRefused } from '../database/at-once';
import { AppendCommitter, isSameRequest } from './append-committer';
import type { AppendJob, Appended } from './append-job';
import type { Locking } from './append-statement';
import type { NewMessage } from './new-message';
import { CommitFeed } from './commit-feed';
import { ConversationChange } from './conversation-change';
import { ConversationEntity } from './conversation.entity';
import { CURRENT_XID } from './current-xid';
import { InFlight } from './in-flight';
import { TimelineReader } from './timeline-reader';
import { toMessage } from './to-message';

const MAX_BATCH = 1_000;

type Job = AppendJob | (() => Promise<void>);

/** What a transaction gives, and what it commits; null leaves everything as it was. */
interface Outcome<T> {
  readonly result: T;
  readonly commit: Commit | null;
}

/**
 * The one place where a conversation's seq and version are taken.
 *
 * What piles up while a commit is in flight goes into the next one together: no timers, an idle server
 * commits at once and a busy one in larger batches. A conversation that is changed, or that somebody else
 * has locked, leaves the shared batch for a lane of its own until that is empty, so that it holds up
 * nobody else. In either way a conversation has one commit in flight, so results come in the order of
 * versions: publish them without waiting for anything else in between.
 */
@Injectable()
export class TimelineWriter {
  private readonly batch: AppendJob[] = [];
  private readonly lanes = new Map<string, Job[]>();
  private readonly slots: Slots;
  private readonly maxWaiting: number;
  private readonly inFlight = new InFlight();
  private waiting = 0;
  private draining = false;
  /** The shared commit that is in flight. */
  private flight: Promise<void> = Promise.resolve();

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    @Inject(ENV) env: Pick<Env, 'writeQueueMessages' | 'databasePoolSize'>,
    private readonly committer: AppendCommitter,
    private readonly feed: CommitFeed,
    private readonly reader: TimelineReader,
    private readonly authority: Authority,
  ) {
    this.maxWaiting = env.writeQueueMessages;
    // Lanes may wait long for a lock, so they take half of the connections at the most.
    // How many lanes wait is bounded by the jobs that are let in.
    this.slots = new Slots(Math.max(1, Math.floor(env.databasePoolSize / 2)), Infinity);
  }

  /** Messages and changes that wait. */
  get queued(): number {
    return this.waiting;
  }

  /** Stores a message; resolves once it is durable. */
  append(message: NewMessage): Promise<Appended> {
    return new Promise((resolve, reject) => {
      if (!this.admit(reject)) return;
      const job = { message, resolve, reject };
      const lane = this.lanes.get(message.conversationId);
      if (lane) lane.push(job);
      else {
        this.batch.push(job);
        if (!this.draining) void this.drain();
      }
    });
  }

  /** What an equal request was answered before, if there was one: also where it would be refused now. */
  async earlier(message: NewMessage): Promise<Appended | null> {
    const row = await this.reader.find(message.conversationId, message.id);
    return row && isSameRequest(row, message) ? { message: toMessage(row), duplicate: true } : null;
  }

  /** Resolves when what was committed here by now in these conversations has been answered and told. */
  settled(conversationIds: readonly string[]): Promise<void> {
    return this.inFlight.settled(conversationIds);
  }

  /** Runs a change of a conversation in a transaction that holds its lock; resolves once it is durable. */
  change<T>(
    actor: Actor,
    conversationId: string,
    work: (change: ConversationChange) => Promise<T>,
  ): Promise<T> {
    const transaction = () =>
      this.transaction(async (manager) => {
        const conversation = await manager.findOne(ConversationEntity, {
          where: { id: conversationId },
          lock: { mode: 'for_no_key_update' },
        });
        if (!conversation) throw new DomainError('conversation_not_found');
        // The lock may have been long in coming.
        this.authority.require(actor);
        return this.run(manager, conversation, work);
      });
    return new Promise((resolve, reject) => {
      if (!this.admit(reject)) return;
      const job = () => this.inFlight.run([conversationId], transaction).then(resolve, reject);
      const lane = this.lanes.get(conversationId);
      if (lane) lane.push(job);
      else this.openLane(conversationId, [...this.takeFromBatch(conversationId), job]);
    });
  }

  /** Makes a conversation; resolves to null when its id or its direct key is there already. */
  create<T>(
    conversation: ConversationEntity,
    work: (change: ConversationChange) => Promise<T>,
  ): Promise<T | null> {
    // Nobody else knows of it yet, so it needs no place in any order.
    return this.transaction(async (manager) => {
      const inserted = await manager
        .createQueryBuilder()
        .insert()
        .into(ConversationEntity)
        .values(conversation)
        .orIgnore()
        .returning('created_at')
        .updateEntity(false)
        .execute();
      const [row] = inserted.raw as { created_at: Date }[];
      if (!row) return { result: null, commit: null };
      conversation.createdAt = row.created_at;
      return this.run(manager, conversation, work);
    });
  }

  /** Makes conversations by a statement that is a transaction of its own. */
  async createAll<T>(conversationIds: readonly string[], statement: () => Promise<T>): Promise<T> {
    const { position } = this.feed;
    try {
      return await statement();
    } catch (error) {
      if (!isRefused(error)) this.feed.doubt(conversationIds, position);
      throw error;
    }
  }

  private async transaction<T>(work: (manager: EntityManager) => Promise<Outcome<T>>): Promise<T> {
    const written: string[] = [];
    const { position } = this.feed;
    try {
      return await this.source.transaction('READ COMMITTED', async (manager) => {
        const outcome = await work(manager);
        if (outcome.commit) written.push(outcome.commit.conversationId);
        return outcome.result;
      });
    } catch (error) {
      // The work was done, so it is the commit that failed, or its answer that was lost.
      if (written.length > 0) this.feed.doubt(written, position);
      throw error;
    }
  }

  private async run<T>(
    manager: EntityManager,
    conversation: ConversationEntity,
    work: (change: ConversationChange) => Promise<T>,
  ): Promise<Outcome<T>> {
    const base = { version: conversation.version, seq: conversation.lastSeq };
    const result = await work(new ConversationChange(manager, conversation));
    const { id, lastSeq, version, title, membersVersion } = conversation;
    if (version === base.version) return { result, commit: null };
    await manager.update(
      ConversationEntity,
      { id },
      {
        ...{ lastSeq, version, title, membersVersion, changedXid: () => CURRENT_XID },
        // A reaction or a pin does not move it to the top of lists.
        ...(lastSeq > base.seq && { activeAt: () => 'now()' }),
      },
    );
    const commit = { conversationId: id, base, version, changesMembers: membersVersion > base.version };
    await this.feed.record(manager, commit);
    return { result, commit };
  }

  private admit(reject: (error: unknown) => void): boolean {
    if (this.waiting >= this.maxWaiting) {
      reject(new DomainError('overloaded'));
      return false;
    }
    this.waiting++;
    return true;
  }

  /** Commits what waits together, one commit after the other. */
  private async drain(): Promise<void> {
    this.draining = true;
    while (this.batch.length > 0) {
      const jobs = this.batch.splice(0, MAX_BATCH);
      this.waiting -= jobs.length;
      this.flight = this.commitShared(jobs);
      await this.flight;
    }
    this.draining = false;
  }

  private async commitShared(jobs: AppendJob[]): Promise<void> {
    const passed = await this.commit(jobs, 'skip');
    this.waiting += passed.length;
    for (const [conversationId, own] of byConversation(passed)) {
      const lane = this.lanes.get(conversationId);
      if (lane) lane.unshift(...own);
      else this.openLane(conversationId, [...own, ...this.takeFromBatch(conversationId)]);
    }
  }

  /** What waits for the next shared commit and belongs to a conversation that gets a lane. */
  private takeFromBatch(conversationId: string): AppendJob[] {
    const own = this.batch.filter((job) => job.message.conversationId === conversationId);
    if (own.length > 0) {
      const others = this.batch.filter((job) => job.message.conversationId !== conversationId);
      this.batch.splice(0, this.batch.length, ...others);
    }
    return own;
  }

  private openLane(conversationId: string, jobs: Job[]): void {
    this.lanes.set(conversationId, jobs);
    void this.runLane(conversationId, jobs);
  }

  private async runLane(conversationId: string, jobs: Job[]): Promise<void> {
    // The shared commit in flight may hold messages of this conversation: those come first.
    await this.flight;
    // A slot for each step, or a busy conversation would keep its own for ever.
    while (jobs.length > 0) await this.slots.run(() => this.step(jobs));
    this.lanes.delete(conversationId);
  }

  private commit(jobs: AppendJob[], locking: Locking): Promise<AppendJob[]> {
    const conversationIds = jobs.map(({ message }) => message.conversationId);
    return this.inFlight.run(conversationIds, () => this.committer.commit(jobs, locking));
  }

  private async step(jobs: Job[]): Promise<void> {
    const job = jobs[0];
    if (typeof job === 'function') {
      jobs.shift();
      this.waiting--;
      return job();
    }
    const appends = takeAppends(jobs);
    this.waiting -= appends.length;
    await this.commit(appends, 'wait');
  }
}

/** Takes the appends at the head of a lane. */
function takeAppends(jobs: Job[]): AppendJob[] {
  let end = 0;
  while (end < MAX_BATCH && typeof jobs[end] === 'object') end++;
  return jobs.splice(0, end) as AppendJob[];
}

function byConversation(jobs: readonly AppendJob[]): Map<string, AppendJob[]> {
  const groups = new Map<string, AppendJob[]>();
  for (const job of jobs) {
    const group = groups.get(job.message.conversationId);
    if (group) group.push(job);
    else groups.set(job.message.conversationId, [job]);
  }
  return groups;
}
