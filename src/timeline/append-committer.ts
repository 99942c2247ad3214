import { isNativeError } from 'node:util/types';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import type { Commit } from '../common/commit';
import { DomainError } from '../common/domain-error';
import type { AppendJob } from './append-job';
import {
  appendMessages,
  type Locking,
  messageKey,
  type NewMessage,
  UncertainCommitError,
} from './append-statement';
import { CommitFeed } from './commit-feed';
import type { MessageEntity } from './message.entity';
import { TimelineReader } from './timeline-reader';
import { toMessage } from './to-message';

/** Commits batches of messages and settles who waits for them; a row that poisons its batch fails alone. */
@Injectable()
export class AppendCommitter {
  private uncertain: (commits: readonly Commit[]) => void = () => undefined;

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly feed: CommitFeed,
    private readonly reader: TimelineReader,
  ) {}

  /** Called with what may or may not have been committed, when the answer to a commit was lost. */
  onUncertain(listener: (commits: readonly Commit[]) => void): void {
    this.uncertain = listener;
  }

  /** Settles the jobs and returns those whose conversation somebody else has locked; never rejects. */
  async commit(jobs: AppendJob[], locking: Locking): Promise<AppendJob[]> {
    const unique = new Map<string, AppendJob>();
    for (const job of jobs) {
      const key = messageKey(job.message);
      if (!unique.has(key)) unique.set(key, job);
    }
    const messages = [...unique.values()].map((job) => job.message);
    try {
      const { stored, passedOver, refused } = await this.withClient((client) =>
        appendMessages(client, this.feed.nodeId, messages, locking),
      );
      const passed =
        locking === 'skip' ? jobs.filter((job) => passedOver.has(job.message.conversationId)) : [];
      const left = new Set(passed);
      const retries: AppendJob[] = [];
      for (const job of jobs) {
        if (left.has(job)) continue;
        const key = messageKey(job.message);
        const numbers = stored.get(key);
        if (refused.has(key)) job.reject(new DomainError('conversation_not_found'));
        else if (numbers && unique.get(key) === job) {
          const message = { ...toMessage({ ...job.message, ...numbers }), quote: numbers.quote };
          job.resolve({ message, duplicate: false });
        } else retries.push(job);
      }
      if (retries.length > 0) await this.answerRetries(retries);
      return passed;
    } catch (error) {
      return this.fail(jobs, error, locking);
    }
  }

  private async fail(jobs: AppendJob[], error: unknown, locking: Locking) {
    if (error instanceof UncertainCommitError) this.uncertain(error.commits);
    else if (jobs.length > 1 && isRowsFault(error)) {
      const half = Math.ceil(jobs.length / 2);
      const passed = await this.commit(jobs.slice(0, half), locking);
      // What follows a message that was passed over is passed over too, or it would overtake.
      const waiting = new Set(passed.map((job) => job.message.conversationId));
      const [late, rest] = partition(jobs.slice(half), (job) => waiting.has(job.message.conversationId));
      return [...passed, ...late, ...(rest.length > 0 ? await this.commit(rest, locking) : [])];
    }
    for (const job of jobs) job.reject(error instanceof UncertainCommitError ? error.cause : error);
    return [];
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

function partition<T>(items: readonly T[], matches: (item: T) => boolean): [T[], T[]] {
  return [items.filter(matches), items.filter((item) => !matches(item))];
}

/** Whether a stored message is what a request with its id asked for. */
export function isSameRequest(row: MessageEntity, message: NewMessage): boolean {
  return row.senderId === message.senderId && row.requestHash?.equals(message.requestHash) === true;
}

/** Whether a row's content, not the state of the database, made a statement fail: SQLSTATE classes 22, 23. */
function isRowsFault(error: unknown): boolean {
  return (
    isNativeError(error) && 'code' in error && typeof error.code === 'string' && /^2[23]/.test(error.code)
  );
}
