import { Logger } from '@nestjs/common';
import type { ChosenStatus } from '@parley/protocol';
import type { Clock } from '../common/clock';
import { type NodeBus, NODES_CHANNEL } from '../connections/bus/node-bus';
import type { Redis } from '../redis/redis';
import {
  type Announcement,
  type Change,
  type PresenceEntry,
  type PresenceRecord,
  PresenceStore,
  type Shown,
  UNSEEN,
} from './presence-store';
import { PresenceLease } from './redis-presence-lease';
import { PresenceNews } from './redis-presence-news';
import { BATCH, batches, keyOf, setOf, soon, toRecord } from './redis-presence-rows';
import { ANNOUNCE, CHOOSE, CONNECTIONS, RESTORE, runScript, type Script } from './redis-presence-scripts';

/** A node that has not renewed its lease for so long is dead, and its entries do not count. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** Between looks at whether something is owed that could not be told. */
const OWED_MS = 500;

export interface RedisPresenceOptions {
  readonly nodeId: string;
  readonly ttlMs: number;
  /** Only tests have others. */
  readonly leaseMs?: number;
}

/** Presence of all nodes, in Redis; each node's entries live under a lease. */
export class RedisPresenceStore extends PresenceStore {
  private readonly log = new Logger(RedisPresenceStore.name);
  /** This node's connections, by user. */
  private readonly local = new Map<string, Set<string>>();
  /** What was last announced of this node's users, for a Redis that has lost it. */
  private readonly announced = new Map<string, Shown>();
  /** Users on this node's list in Redis, as far as is known here. */
  private readonly noted = new Set<string>();
  private readonly doubtListeners: ((userIds: readonly string[]) => void)[] = [];
  private readonly nodeId: string;
  private readonly ttlMs: number;
  private readonly lease: PresenceLease;
  private readonly news = new PresenceNews({
    present: () => this.present(),
    read: (userIds) => this.read(userIds),
  });
  /** What is to be done when Redis can be reached. */
  private toRestore = false;
  private toCatchUp = false;
  private mending: Promise<void> | undefined;
  private renewing: Promise<void> | undefined;
  private isStopped = false;
  private readonly timers: NodeJS.Timeout[];

  constructor(
    private readonly redis: Redis,
    private readonly bus: NodeBus,
    private readonly clock: Clock,
    { nodeId, ttlMs, leaseMs = LEASE_MS }: RedisPresenceOptions,
  ) {
    super();
    this.nodeId = nodeId;
    this.ttlMs = ttlMs;
    this.lease = new PresenceLease(redis, nodeId, leaseMs);
    bus.join(NODES_CHANNEL);
    bus.subscribe((message) => {
      if (message.type === 'presence') this.news.tell(message.changes);
    });
    bus.onGap(() => this.mend({ restore: false }));
    redis.onBack(() => {
      this.lease.question();
      this.mend({ restore: true });
      // What a connection before had on its way to a Redis that hung may be carried out after that.
      setTimeout(() => this.mend({ restore: true }), leaseMs / 3).unref();
    });
    this.timers = [
      setInterval(() => void this.renew(), Math.min(RENEW_MS, leaseMs / 3)).unref(),
      setInterval(() => this.mendOwed(), Math.min(OWED_MS, leaseMs / 3)).unref(),
    ];
    this.mend({ restore: false });
  }

  async open({ userId, connectionId }: PresenceEntry): Promise<void> {
    const own = this.local.get(userId) ?? new Set();
    this.local.set(userId, own.add(connectionId));
    await this.count(userId, own.size);
  }

  async close({ userId, connectionId }: PresenceEntry): Promise<void> {
    const own = this.local.get(userId);
    if (!own?.delete(connectionId)) return;
    if (own.size === 0) {
      this.local.delete(userId);
      this.announced.delete(userId);
    }
    await this.count(userId, own.size);
  }

  async choose(userId: string, status: ChosenStatus): Promise<void> {
    const now = this.clock.now();
    const args = [status, now + this.ttlMs, now, this.ttlMs, ...this.lease.dead];
    await soon([this.run(CHOOSE, userId, args)]);
  }

  async read(userIds: Iterable<string>): Promise<Map<string, PresenceRecord>> {
    // What another node has not put back yet would read as gone.
    if (!this.lease.isSettled) throw new Error('Redis has lost what nodes had noted');
    const records = new Map<string, PresenceRecord>();
    for (const part of batches([...userIds])) {
      const rows = await soon(
        part.map((id) => this.redis.run(keyOf(id), (client) => client.hGetAll(keyOf(id)))),
      );
      for (const [at, userId] of part.entries()) {
        const record = toRecord(rows[at] ?? {}, this.clock.now(), this.lease.dead);
        if (!record) continue;
        records.set(userId, record);
        if (this.local.has(userId)) this.announced.set(userId, record.announced);
      }
    }
    return records;
  }

  async announce(announcements: readonly Announcement[]): Promise<Change[]> {
    const before = (await soon(
      announcements.map(({ userId, status, own }) => this.run(ANNOUNCE, userId, [status, own])),
    )) as [Shown['status'] | null, Shown['own'] | null][];
    const changes: Change[] = [];
    for (const [i, { again = false, ...announcement }] of announcements.entries()) {
      const { userId, status, own } = announcement;
      if (this.local.has(userId)) this.announced.set(userId, { status, own });
      else this.announced.delete(userId);
      const toOthers = again || status !== (before[i]?.[0] ?? UNSEEN.status);
      const toSelf = own !== (before[i]?.[1] ?? UNSEEN.own);
      if (toOthers || toSelf) changes.push({ ...announcement, toOthers, toSelf });
    }
    const gone = announcements.filter(
      ({ userId, status }) => status === 'offline' && !this.local.has(userId),
    );
    await this.release(gone.map(({ userId }) => userId));
    if (changes.length === 0) return changes;
    this.news.tell(changes);
    this.bus.publish([NODES_CHANNEL], { type: 'presence', changes });
    return changes;
  }

  onChange(listener: (changes: readonly Change[]) => void): void {
    this.news.onChange(listener);
  }

  onDoubt(listener: (userIds: readonly string[]) => void): void {
    this.doubtListeners.push(listener);
  }

  toldUnknown(userIds: Iterable<string>): void {
    this.news.toldUnknown(userIds);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    for (const timer of this.timers) clearInterval(timer);
    await this.mending;
    await this.lease.end().catch(() => undefined);
  }

  private async count(userId: string, connections: number): Promise<void> {
    // Without a lease nobody would clear this away.
    if (!this.lease.isRunning) await this.renewLease();
    const args = [this.nodeId, connections, this.ttlMs, this.clock.now(), ...this.lease.dead];
    const [, isElsewhere] = await soon([this.note(userId), this.run(CONNECTIONS, userId, args)]);
    if (isElsewhere) await this.release([userId]);
  }

  /** Puts a user on this node's list. */
  private async note(userId: string): Promise<void> {
    if (this.noted.has(userId)) return;
    const set = setOf(this.nodeId);
    await this.redis.run(set, (client) => client.sAdd(set, userId));
    this.noted.add(userId);
  }

  /** Takes users off this node's list: their going is announced, or is another node's to announce. */
  private async release(userIds: string[]): Promise<void> {
    for (const userId of userIds) this.noted.delete(userId);
    const set = setOf(this.nodeId);
    if (userIds.length > 0) await soon([this.redis.run(set, (client) => client.sRem(set, userIds))]);
  }

  private run(script: Script, userId: string, args: readonly (string | number)[]): Promise<unknown> {
    return runScript(this.redis, script, keyOf(userId), args);
  }

  private doubt(userIds: readonly string[]): void {
    for (const listener of this.doubtListeners) listener(userIds);
  }

  /** The users whom some node has on its list. */
  private async present(): Promise<string[]> {
    const sets = (await this.lease.nodes()).map(setOf);
    return (await soon(sets.map((set) => this.redis.run(set, (client) => client.sMembers(set))))).flat();
  }

  private renewLease(): Promise<void> {
    this.renewing ??= this.lease
      .renew()
      .then((isStillThere) => {
        if (!isStillThere) this.mend({ restore: true });
      })
      .finally(() => (this.renewing = undefined));
    return this.renewing;
  }

  private async renew(): Promise<void> {
    try {
      await this.renewLease();
      for (const node of this.lease.dead) await this.clear(node);
    } catch {
      // Whoever reads or writes presence is told; the next turn tries again.
    }
  }

  /** Takes away the entries of a node that has died, and has its users looked at. */
  private async clear(node: string): Promise<void> {
    if (!(await this.lease.claim(node))) return;
    const set = setOf(node);
    for (;;) {
      const [userIds = []] = await soon([
        this.redis.run(set, (client) => client.sRandMemberCount(set, BATCH)),
      ]);
      if (userIds.length === 0) break;
      const args = [node, 0, this.ttlMs, this.clock.now(), ...this.lease.dead];
      await soon(userIds.map((userId) => this.run(CONNECTIONS, userId, args)));
      // Before they are off the list: whoever goes on after a failure has them looked at once more.
      this.doubt(userIds);
      await soon([this.redis.run(set, (client) => client.sRem(set, userIds))]);
    }
    await this.lease.forget(node);
    this.log.log(`Node ${node} is gone; who was connected to it counts as gone too`);
  }

  /** After Redis or the bus was away: puts back what is this node's, and tells what was not heard here. */
  private mend({ restore }: { restore: boolean }): void {
    this.toCatchUp = true;
    this.toRestore ||= restore;
    this.mendOwed();
  }

  private mendOwed(): void {
    if (this.isStopped || (!this.toRestore && !this.toCatchUp && !this.news.owes)) return;
    this.mending ??= this.mendNow()
      .catch(() => undefined)
      .finally(() => (this.mending = undefined));
  }

  /** What fails is tried again by the next turn. */
  private async mendNow(): Promise<void> {
    if (this.toRestore || this.toCatchUp) await this.renew();
    if (this.toRestore) {
      this.toRestore = false;
      await this.restore().catch((error: unknown) => {
        this.toRestore = true;
        throw error;
      });
    }
    if (!this.lease.isSettled) return;
    if (this.toCatchUp) {
      this.toCatchUp = false;
      await this.news.catchUp().catch((error: unknown) => {
        this.toCatchUp = true;
        throw error;
      });
    } else if (this.news.owes) await this.news.settle();
  }

  /** Redis may have lost all, and who came or went meanwhile was not noted. */
  private async restore(): Promise<void> {
    const set = setOf(this.nodeId);
    this.noted.clear();
    const [noted = []] = await soon([this.redis.run(set, (client) => client.sMembers(set))]);
    const gone = noted.filter((userId) => !this.local.has(userId));
    for (const part of batches([...this.local.keys()])) {
      await soon(part.map((userId) => this.restoreUser(userId)));
    }
    for (const part of batches(gone)) await Promise.all(part.map((userId) => this.count(userId, 0)));
    this.doubt([...gone, ...this.local.keys()]);
  }

  private async restoreUser(userId: string): Promise<void> {
    const size = this.local.get(userId)?.size;
    if (size === undefined) return;
    const { status, own } = this.announced.get(userId) ?? UNSEEN;
    await Promise.all([this.note(userId), this.run(RESTORE, userId, [this.nodeId, size, status, own])]);
  }
}
