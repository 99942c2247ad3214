import { isNativeError } from 'node:util/types';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { DomainError } from '../common/domain-error';
import type { AppendJob } from './append-job';
import { appendMessages, type Locking, messageKey, Refusal, UncertainCommitError } from './append-statement';
import type { NewMessage } from './new-message';
import { CommitFeed } from './commit-feed';
import type { MessageEntity } from './message.entity';
import { TimelineReader } from './timeline-reader';
import { newMessage, toMessage } from './to-message';

/** Commits batches of messages and settles who waits for them; a row that poisons its batch fails alone. */
@Injectable()
export class AppendCommitter {
  private committed: (messages: number, seconds: number) => void = () => undefined;

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly feed: CommitFeed,
    private readonly reader: TimelineReader,
  ) {}

  /** Called after every batch. */
  onCommitted(listener: (messages: number, seconds: number) => void): void {
    this.committed = listener;
  }

  /** Settles the jobs and returns those whose conversation somebody else has locked; never rejects. */
  async commit(jobs: AppendJob[], locking: Locking): Promise<AppendJob[]> {
    const { unique, repeated } = once(jobs);
    const begun = performance.now();
    const { position } = this.feed;
    try {
      const fates = await this.withClient((client) =>
        appendMessages(
          client,
          this.feed.nodeId,
          unique.map((job) => job.message),
          locking,
        ),
      );
      this.committed(unique.length, (performance.now() - begun) / 1_000);
      const passedOver = new Set<string>();
      const refused = new Map<string, unknown>();
      for (const [at, job] of unique.entries()) {
        const fate = fates[at];
        if (fate instanceof Refusal) refused.set(messageKey(job.message), fate.reason);
        else if (typeof fate === 'object')
          job.resolve({ message: newMessage(job.message, fate), duplicate: false });
        else if (fate === 'passed' && locking === 'skip') passedOver.add(job.message.conversationId);
      }
      const isPassed = ({ message }: AppendJob) => passedOver.has(message.conversationId);
      const known = unique.filter(
        (_, at) =>
          fates[at] === 'known' ||
          fates[at] instanceof Refusal ||
          (fates[at] === 'passed' && locking === 'wait'),
      );
      const retries = [...known, ...repeated.filter((job) => !isPassed(job))];
      if (retries.length > 0) await this.answerRetries(retries, refused);
      return passedOver.size > 0 ? jobs.filter(isPassed) : [];
    } catch (error) {
      return this.fail(jobs, error, { locking, position });
    }
  }

  /** `position`: the feed's, from before. */
  private async fail(
    jobs: AppendJob[],
    error: unknown,
    { locking, position }: { locking: Locking; position: string },
  ): Promise<AppendJob[]> {
    if (error instanceof UncertainCommitError)
      this.feed.doubt(
        jobs.map(({ message }) => message.conversationId),
        position,
      );
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

  /** Answers ids that were stored before with what was stored, if they ask for the same; also what would be refused now. */
  private async answerRetries(jobs: AppendJob[], refused: ReadonlyMap<string, unknown>): Promise<void> {
    try {
      const found = await this.reader.findMany(jobs.map((job) => job.message));
      for (const job of jobs) {
        const key = messageKey(job.message);
        const row = found.get(key);
        if (!row) job.reject(refused.get(key) ?? new DomainError('conversation_not_found'));
        else if (!isSameRequest(row, job.message))
          job.reject(refused.get(key) ?? new DomainError('id_conflict'));
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

/** Of jobs with the same id in the same conversation only the first is stored. */
function once(jobs: AppendJob[]): { unique: AppendJob[]; repeated: AppendJob[] } {
  // An id is one message's almost always, wherever it is.
  if (new Set(jobs.map((job) => job.message.id)).size === jobs.length) return { unique: jobs, repeated: [] };
  const firsts = new Map<string, AppendJob>();
  for (const job of jobs) {
    const key = messageKey(job.message);
    if (!firsts.has(key)) firsts.set(key, job);
  }
  const unique = [...firsts.values()];
  const kept = new Set(unique);
  return { unique, repeated: jobs.filter((job) => !kept.has(job)) };
}

function partition<T>(items: readonly T[], matches: (item: T) => boolean): [T[], T[]] {
  return [items.filter(matches), items.filter((item) => !matches(item))];
}

/** Whether a stored message is what a request with its id asked for. */
export function isSameRequest(row: MessageEntity, message: NewMessage): boolean {
  return row.senderId === message.senderId && row.requestHash?.toString('hex') === message.requestHash;
}

/** Whether a row's content, not the state of the database, made a statement fail: SQLSTATE classes 22, 23. */
export function isRowsFault(error: unknown): boolean {
  return (
    isNativeError(error) && 'code' in error && typeof error.code === 'string' && /^2[23]/.test(error.code)
  );
}
