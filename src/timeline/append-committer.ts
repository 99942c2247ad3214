import { isNativeError } from 'node:util/types';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Message } from '@parley/protocol';
import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';
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

const RECOVERY_PAUSE_MS = 500;

type RecoveredListener = (message: Message) => Promise<void>;

/** Commits batches of messages and settles who waits for them; a row that poisons its batch fails alone. */
@Injectable()
export class AppendCommitter implements OnModuleDestroy {
  private readonly logger = new Logger(AppendCommitter.name);
  /** By conversation, what may or may not have been stored when the answer to a commit was lost. */
  private readonly uncertain = new Map<string, NewMessage[]>();
  private recovered: RecoveredListener = () => Promise.resolve();
  private readonly settling = new Map<string, Promise<void>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly feed: CommitFeed,
    private readonly reader: TimelineReader,
  ) {}

  onModuleDestroy(): void {
    clearTimeout(this.timer);
  }

  /** Called with what turns out to be stored although its sender was told `unavailable`. */
  onRecovered(listener: RecoveredListener): void {
    this.recovered = listener;
  }

  /** Settles the jobs and returns those whose conversation somebody else has locked; never rejects. */
  async commit(jobs: AppendJob[], locking: Locking): Promise<AppendJob[]> {
    if (locking === 'wait' || this.uncertain.size === 0) return this.store(jobs, locking);
    // Finding out the truth may take a lock's time: those conversations wait alone.
    const held = jobs.filter((job) => this.uncertain.has(job.message.conversationId));
    const free = jobs.filter((job) => !this.uncertain.has(job.message.conversationId));
    return free.length > 0 ? [...held, ...(await this.store(free, locking))] : held;
  }

  private async store(jobs: AppendJob[], locking: Locking): Promise<AppendJob[]> {
    const unique = new Map<string, AppendJob>();
    for (const job of jobs) {
      const key = messageKey(job.message);
      if (!unique.has(key)) unique.set(key, job);
    }
    const messages = [...unique.values()].map((job) => job.message);
    try {
      // In a lane all are of one conversation; the shared batch has none that is uncertain.
      if (locking === 'wait' && messages[0]) await this.settle(messages[0].conversationId);
      const { stored, passedOver } = await this.withClient((client) =>
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
        if (numbers && unique.get(key) === job) {
          job.resolve({ message: toMessage({ ...job.message, ...numbers }), duplicate: false });
        } else retries.push(job);
      }
      if (retries.length > 0) await this.answerRetries(retries);
      return passed;
    } catch (error) {
      return this.fail(jobs, messages, error, locking);
    }
  }

  private async fail(jobs: AppendJob[], messages: NewMessage[], error: unknown, locking: Locking) {
    if (error instanceof UncertainCommitError) this.remember(messages);
    else if (jobs.length > 1 && isRowsFault(error)) {
      const half = Math.ceil(jobs.length / 2);
      const passed = await this.store(jobs.slice(0, half), locking);
      // What follows a message that was passed over is passed over too, or it would overtake.
      const waiting = new Set(passed.map((job) => job.message.conversationId));
      const [late, rest] = partition(jobs.slice(half), (job) => waiting.has(job.message.conversationId));
      return [...passed, ...late, ...(rest.length > 0 ? await this.store(rest, locking) : [])];
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

  private remember(messages: readonly NewMessage[]): void {
    for (const message of messages) {
      const list = this.uncertain.get(message.conversationId);
      if (list) list.push(message);
      else this.uncertain.set(message.conversationId, [message]);
    }
    this.recoverLater();
  }

  /** Nobody may write to these conversations any more: without a next message the truth has to come too. */
  private recoverLater(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.recoverAll(), RECOVERY_PAUSE_MS);
    this.timer.unref();
  }

  private async recoverAll(): Promise<void> {
    for (const conversationId of [...this.uncertain.keys()]) {
      // One that fails is tried again with the next turn.
      await this.settle(conversationId).catch(() => undefined);
    }
    if (this.uncertain.size > 0) this.recoverLater();
  }

  /**
   * Finds out what became of commits whose answer was lost, before their conversation goes on: what they
   * stored comes before all that follows, and nobody has been told of it yet.
   */
  settle(conversationId: string): Promise<void> {
    if (!this.uncertain.has(conversationId)) return Promise.resolve();
    // One after the other, or two would tell of the same message.
    const before = this.settling.get(conversationId) ?? Promise.resolve();
    const settled = before.then(() => this.findOut(conversationId));
    const done = settled
      .catch(() => undefined)
      .then(() => {
        if (this.settling.get(conversationId) === done) this.settling.delete(conversationId);
      });
    this.settling.set(conversationId, done);
    return settled;
  }

  private async findOut(conversationId: string): Promise<void> {
    const messages = this.uncertain.get(conversationId) ?? [];
    if (messages.length === 0) return;
    const stored = await this.findSettled(messages);
    stored.sort((a, b) => a.seq - b.seq);
    for (const row of stored) {
      // What cannot be told now stays, and comes before all else of its conversation the next time.
      await this.recovered(toMessage(row));
      this.logger.warn(`message ${row.id} was stored though the answer to its commit was lost`);
      this.forget(row);
    }
    this.uncertain.delete(conversationId);
  }

  private forget({ conversationId, id }: MessageEntity): void {
    const left = this.uncertain.get(conversationId)?.filter((message) => message.id !== id);
    if (left) this.uncertain.set(conversationId, left);
  }

  /** Waits for the locks that the lost transactions may still hold, then looks. */
  private async findSettled(messages: readonly NewMessage[]): Promise<MessageEntity[]> {
    const ids = [...new Set(messages.map((message) => message.conversationId))];
    await this.source.query('SELECT FROM conversation WHERE id = ANY($1::uuid[]) ORDER BY id FOR SHARE', [
      ids,
    ]);
    const found = await this.reader.findMany(messages);
    return messages.flatMap((message) => {
      const row = found.get(messageKey(message));
      return row && isSameRequest(row, message) ? [row] : [];
    });
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
