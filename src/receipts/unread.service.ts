import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LIMITS, type Unread } from '@parley/protocol';
import { LRUCache } from 'lru-cache';
import { DataSource, type EntityManager } from 'typeorm';
import { Together } from '../common/together';
import { NodeBus, userChannel } from '../connections/bus/node-bus';
import { ConnectionRegistry } from '../connections/connection-registry';
import { DeliveryService } from '../connections/delivery.service';
import type { Recipients } from '../connections/recipients';
import { Frame } from '../connections/frame';
import { WITH_COUNTS } from './unread-statement';

/** Pairs of user and conversation that wait for a recount, about 150 bytes each. */
const MAX_WAITING = 50_000;
/** Pairs recounted by one statement. */
const BATCH = 200;
/** Until what could not be counted is counted again. */
const RETRY_MS = 500;

interface Pair {
  userId: string;
  conversationId: string;
}

/** How far somebody has read in a conversation, and its newest message at that moment. */
interface Read extends Pair {
  readSeq: number;
  lastSeq: number;
}

interface Row {
  user_id: string;
  conversation_id: string;
  read_seq: string;
  last_seq: string;
  unread: number;
  mentions: number;
}

// The members' row and the conversation's: what is counted is as of this last_seq.
const COUNT = `
  SELECT m.user_id, m.conversation_id, m.read_seq, c.last_seq, counted.unread, mentioned.mentions
  FROM unnest($1::uuid[], $2::uuid[]) AS pair(user_id, conversation_id)
  JOIN member m ON m.conversation_id = pair.conversation_id AND m.user_id = pair.user_id AND m.left_at IS NULL
  JOIN conversation c ON c.id = m.conversation_id${WITH_COUNTS}`;

/** Counts what somebody has not read, and tells their devices when that has changed. */
@Injectable()
export class UnreadService implements OnModuleDestroy {
  private readonly logger = new Logger('Unread');
  private readonly waiting = new Map<string, Pair>();
  /** Pairs that could not be counted: they wait for the next try. */
  private readonly failed = new Map<string, Pair>();
  private retry: NodeJS.Timeout | undefined;
  private stopped = false;
  /** Pairs that are being recounted. */
  private counting: ReadonlySet<string> = new Set();
  /** By pair, how many recounts had gone out with its last one. */
  private readonly toldAs = new LRUCache<string, number>({ max: MAX_WAITING });
  private recounting = false;
  private failing = false;
  /** Grows when recounts go out: a count from before may be older than one of those. */
  private told = 0;
  /** Counts that somebody waits for. */
  private readonly counts: Together<Pair, Unread | null>;

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly registry: ConnectionRegistry,
    private readonly delivery: DeliveryService,
    private readonly bus: NodeBus,
  ) {
    this.counts = new Together({ most: BATCH, weight: () => 1 }, async (pairs) => {
      const found = new Map(
        (await count(source, pairs)).map((row) => [row.user_id + row.conversation_id, row]),
      );
      return pairs.map(({ userId, conversationId }) => {
        const row = found.get(userId + conversationId);
        return row ? toUnread(row) : null;
      });
    });
    bus.subscribe((message) => {
      if (message.type === 'recount') this.changedHere(message.conversationId, message.userIds);
    });
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.retry);
  }

  /** What is unread to a member; null to who is none. */
  async of(userId: string, conversationId: string, manager?: EntityManager): Promise<Unread | null> {
    const pair = { userId, conversationId };
    if (!manager) return this.counts.ask(pair);
    const [row] = await count(manager, [pair]);
    return row ? toUnread(row) : null;
  }

  /** The same for somebody of whom it is known how far they have read: to the end, most often. */
  beyond({ userId, conversationId, readSeq, lastSeq }: Read): Promise<Unread | null> {
    if (readSeq < lastSeq) return this.of(userId, conversationId);
    return Promise.resolve({ conversationId, unread: 0, unreadMentions: 0, readSeq, lastSeq });
  }

  /**
   * Counts for somebody whose cursor a request has moved, and tells their other devices.
   *
   * @param moment From before it was moved.
   * @param except Connection that gets the count with its reply.
   */
  async afterReading(read: Read, moment: number, except?: string): Promise<Unread | null> {
    const { userId, conversationId } = read;
    const unread = await this.beyond(read).catch((error: unknown) => {
      // A repeated request moves nothing any more: the other devices would never be told.
      this.changed(conversationId, [userId]);
      throw error;
    });
    // A recount that began later may have gone out by now: then a newer one has to follow.
    if (this.isOvertaken(read, moment)) this.changed(conversationId, [userId]);
    else if (unread) this.push(userId, unread, except);
    return unread;
  }

  /** To be taken before counts are read that go out with an answer. */
  get moment(): number {
    return this.told;
  }

  /**
   * Call when such counts are on their way out: of what was pushed since `moment` they may be the older
   * ones, and would arrive last. It is counted and pushed once more.
   */
  answered(userId: string, conversationIds: readonly string[], moment: number): void {
    for (const conversationId of conversationIds) {
      if (this.isOvertaken({ userId, conversationId }, moment)) this.changedHere(conversationId, [userId]);
    }
  }

  /** Whether a count of theirs was pushed since `moment`, or may be at any time. */
  private isOvertaken({ userId, conversationId }: Pair, moment: number): boolean {
    const key = userId + conversationId;
    return this.counting.has(key) || (this.toldAs.get(key) ?? 0) > moment;
  }

  /**
   * Call after the commit of what may change the counts of these members, but for new messages.
   *
   * Those who are connected here are told soon: nothing to wait for, and several changes of a moment are
   * one recount. Of more people than a small group has nobody is told: they see it when they next look.
   */
  changed(conversationId: string, userIds: Recipients): void {
    const ids = [...firstOf(userIds, LIMITS.smallGroupMembers + 1)];
    if (ids.length > LIMITS.smallGroupMembers) return;
    this.changedHere(conversationId, ids);
    if (this.bus.peers > 0)
      this.bus.publish(ids.map(userChannel), { type: 'recount', userIds: ids, conversationId });
  }

  /** The same for what was committed elsewhere. */
  changedHere(conversationId: string, userIds: Recipients): void {
    const ids = [...firstOf(userIds, LIMITS.smallGroupMembers + 1)];
    if (ids.length > LIMITS.smallGroupMembers) return;
    for (const userId of ids) {
      const key = userId + conversationId;
      if (this.registry.isConnected(userId)) this.wait(this.waiting, key, { userId, conversationId });
    }
    this.begin();
  }

  private wait(pairs: Map<string, Pair>, key: string, pair: Pair): void {
    if (pairs.has(key)) return;
    if (pairs.size < MAX_WAITING) pairs.set(key, pair);
    else this.complain('too many have changed at once');
  }

  private begin(): void {
    if (!this.recounting && this.waiting.size > 0) void this.recount();
  }

  private async recount(): Promise<void> {
    this.recounting = true;
    while (this.waiting.size > 0) {
      const batch = [...firstOf(this.waiting, BATCH)];
      // Taken out before the count: what changes from here on is counted again.
      for (const [key] of batch) this.waiting.delete(key);
      this.counting = new Set(batch.map(([key]) => key));
      const pairs = batch.map(([, pair]) => pair);
      try {
        await this.tell(pairs);
        if (this.waiting.size === 0) this.failing = false;
      } catch (error) {
        this.complain(String(error));
        for (const [key, pair] of batch) this.wait(this.failed, key, pair);
      }
    }
    this.counting = new Set();
    this.recounting = false;
    if (this.failed.size > 0 && !this.stopped)
      this.retry ??= setTimeout(() => this.tryAgain(), RETRY_MS).unref();
  }

  /** Nobody else tells them, however long the database was away. */
  private tryAgain(): void {
    this.retry = undefined;
    for (const [key, pair] of this.failed) this.wait(this.waiting, key, pair);
    this.failed.clear();
    this.begin();
  }

  /** Once per outage. */
  private complain(reason: string): void {
    if (!this.failing) this.logger.warn(`some counts of unread messages are late: ${reason}`);
    this.failing = true;
  }

  private async tell(pairs: readonly Pair[]): Promise<void> {
    const rows = await count(this.source, pairs);
    this.told++;
    for (const row of rows) {
      this.toldAs.set(row.user_id + row.conversation_id, this.told);
      this.push(row.user_id, toUnread(row));
    }
  }

  private push(userId: string, unread: Unread, except?: string): void {
    this.delivery.push({ to: [userId], frame: Frame.push('unread.updated', unread), except });
  }
}

function count(database: Pick<EntityManager, 'query'>, pairs: readonly Pair[]): Promise<Row[]> {
  return database.query(COUNT, [pairs.map((pair) => pair.userId), pairs.map((pair) => pair.conversationId)]);
}

function toUnread(row: Row): Unread {
  return {
    conversationId: row.conversation_id,
    unread: row.unread,
    unreadMentions: row.mentions,
    readSeq: Number(row.read_seq),
    lastSeq: Number(row.last_seq),
  };
}

function* firstOf<T>(items: Iterable<T>, limit: number): Iterable<T> {
  let left = limit;
  for (const item of items) {
    if (left-- <= 0) return;
    yield item;
  }
}
