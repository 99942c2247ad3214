import { isNativeError } from 'node:util/types';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Message } from '@parley/protocol';
import type { PoolClient } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { DomainError } from '../common/domain-error';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import { appendMessages, messageKey, type NewMessage, type Numbered } from './append-statement';
import { CommitFeed } from './commit-feed';
import { ConversationChange } from './conversation-change';
import { ConversationEntity } from './conversation.entity';
import type { MessageEntity } from './message.entity';
import { TimelineReader } from './timeline-reader';
import { toMessage } from './to-message';

const MAX_BATCH = 1_000;

export interface Appended {
  message: Message;
  /** Whether an earlier request had stored it; the message is then as it was stored. */
  duplicate: boolean;
}

interface AppendJob {
  readonly message: NewMessage;
  resolve(appended: Appended): void;
  reject(error: unknown): void;
}

type ChangeJob = () => Promise<void>;

/**
 * The one place where a conversation's seq and version are taken.
 *
 * What piles up while a commit is in flight goes into the next one together: no timers, an idle server
 * commits at once and a busy one in larger batches. One commit follows the other, so results come in the
 * order of versions: publish them without waiting for anything else in between.
 */
@Injectable()
export class TimelineWriter {
  private readonly queue: (AppendJob | ChangeJob)[] = [];
  private running = false;

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    @Inject(ENV) private readonly env: Env,
    private readonly feed: CommitFeed,
    private readonly reader: TimelineReader,
  ) {}

  /** Stores a message; resolves once it is durable. */
  append(message: NewMessage): Promise<Appended> {
    return new Promise((resolve, reject) => this.enqueue({ message, resolve, reject }, reject));
  }

  /** What an equal request was answered before, if there was one: also where it would be refused now. */
  async earlier(message: NewMessage): Promise<Appended | null> {
    const row = await this.reader.find(message.conversationId, message.id);
    return row && isSameRequest(row, message) ? { message: toMessage(row), duplicate: true } : null;
  }

  /** Runs a change of a conversation in a transaction that holds its lock; resolves once it is durable. */
  change<T>(conversationId: string, work: (change: ConversationChange) => Promise<T>): Promise<T> {
    return this.transact(async (manager) => {
      const conversation = await manager.findOne(ConversationEntity, {
        where: { id: conversationId },
        lock: { mode: 'for_no_key_update' },
      });
      if (!conversation) throw new DomainError('conversation_not_found');
      return this.run(new ConversationChange(manager, conversation), work);
    });
  }

  /** Makes a conversation; resolves to null when its id or its direct key is there already. */
  create<T>(
    conversation: ConversationEntity,
    work: (change: ConversationChange) => Promise<T>,
  ): Promise<T | null> {
    return this.transact(async (manager) => {
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
      if (!row) return null;
      conversation.createdAt = row.created_at;
      return this.run(new ConversationChange(manager, conversation), work);
    });
  }

  private async run<T>(
    change: ConversationChange,
    work: (change: ConversationChange) => Promise<T>,
  ): Promise<T> {
    const { manager, conversation } = change;
    const before = conversation.version;
    const result = await work(change);
    if (conversation.version > before) {
      const { lastSeq, version, title } = conversation;
      await manager.update(
        ConversationEntity,
        { id: conversation.id },
        { lastSeq, version, title, changedAt: () => 'now()' },
      );
      await this.feed.record(manager, conversation.id, version);
    }
    return result;
  }

  private transact<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const job = () => this.source.transaction('READ COMMITTED', work).then(resolve, reject);
      this.enqueue(job, reject);
    });
  }

  private enqueue(job: AppendJob | ChangeJob, reject: (error: unknown) => void): void {
    if (this.queue.length >= this.env.writeQueueMessages) {
      reject(new DomainError('overloaded'));
      return;
    }
    this.queue.push(job);
    if (!this.running) void this.drain();
  }

  private async drain(): Promise<void> {
    this.running = true;
    // Requests that arrived in the same turn of the event loop share the first commit.
    await Promise.resolve();
    for (let job = this.queue[0]; job !== undefined; job = this.queue[0]) {
      if (typeof job === 'function') {
        this.queue.shift();
        await job();
      } else {
        await this.commit(this.takeAppends());
      }
    }
    this.running = false;
  }

  /** Takes the appends at the head of the queue. */
  private takeAppends(): AppendJob[] {
    let end = 0;
    while (end < MAX_BATCH && typeof this.queue[end] === 'object') end++;
    return this.queue.splice(0, end) as AppendJob[];
  }

  /** Stores a batch and settles its jobs; never rejects. A job that poisons the batch fails alone. */
  private async commit(jobs: AppendJob[]): Promise<void> {
    const unique = new Map<string, AppendJob>();
    for (const job of jobs) {
      const key = messageKey(job.message);
      if (!unique.has(key)) unique.set(key, job);
    }
    let stored: Map<string, Numbered>;
    try {
      const messages = [...unique.values()].map((job) => job.message);
      stored = await this.withClient((client) => appendMessages(client, this.feed.nodeId, messages));
    } catch (error) {
      if (jobs.length > 1 && isRowsFault(error)) {
        const half = Math.ceil(jobs.length / 2);
        await this.commit(jobs.slice(0, half));
        await this.commit(jobs.slice(half));
      } else {
        for (const job of jobs) job.reject(error);
      }
      return;
    }
    const retries: AppendJob[] = [];
    for (const job of jobs) {
      const key = messageKey(job.message);
      const numbers = stored.get(key);
      if (numbers && unique.get(key) === job) {
        job.resolve({ message: toMessage({ ...job.message, ...numbers }), duplicate: false });
      } else {
        retries.push(job);
      }
    }
    if (retries.length > 0) await this.answerRetries(retries);
  }

  /** Answers ids that were stored before with what was stored, if they ask for the same. */
  private async answerRetries(jobs: AppendJob[]): Promise<void> {
    try {
      const found = await this.reader.findMany(jobs.map((job) => job.message));
      for (const job of jobs) {
        const row = found.get(messageKey(job.message));
        if (!row) job.reject(new DomainError('conversation_not_found'));
        else if (!isSameRequest(row, job.message)) job.reject(new DomainError('id_conflict'));
        else job.resolve({ message: toMessage(row), duplicate: true });
      }
    } catch (error) {
      for (const job of jobs) job.reject(error);
    }
  }

  private async withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const runner = this.source.createQueryRunner();
    try {
      return await work((await runner.connect()) as PoolClient);
    } finally {
      await runner.release();
    }
  }
}

function isSameRequest(row: MessageEntity, message: NewMessage): boolean {
  return row.senderId === message.senderId && row.requestHash?.equals(message.requestHash) === true;
}

/** Whether a row's content, not the state of the database, made a statement fail: SQLSTATE classes 22, 23. */
function isRowsFault(error: unknown): boolean {
  return (
    isNativeError(error) && 'code' in error && typeof error.code === 'string' && /^2[23]/.test(error.code)
  );
}
