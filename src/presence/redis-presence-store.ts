import { Logger } from '@nestjs/common';
import type { ChosenStatus } from '@parley/protocol';
import type { Clock } from '../common/clock';
import { NodeBus } from '../connections/bus/node-bus';
import type { RedisClient } from '../redis/redis-client';
import { claimOf, keyOf, LEASES, setOf } from './redis-presence-keys';
import {
  type Announcement,
  type Change,
  type PresenceEntry,
  type PresenceRecord,
  PresenceStore,
  type Shown,
  UNSEEN,
} from './presence-store';
import {
  ANNOUNCE,
  CHOOSE,
  CONNECTIONS,
  LEASE,
  RESTORE,
  runScript,
  type Script,
} from './redis-presence-scripts';

/** A node that has not renewed its lease for so long is dead, and its entries do not count. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** One node clears a dead one away; for so long nobody else tries. */
const CLAIM_MS = 10_000;
/** Longer than any answer of a Redis that works. */
const PATIENCE_MS = 2_000;
/** Users handled by one pipeline. */
const BATCH = 500;
/** The channel on which nodes tell one another what is news. */
const CHANNEL = 'presence';

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
  private readonly changeListeners: ((changes: readonly Change[]) => void)[] = [];
  private readonly doubtListeners: ((userIds: readonly string[]) => void)[] = [];
  private readonly nodeId: string;
  private readonly ttlMs: number;
  private readonly leaseMs: number;
  /** Nodes whose lease is over, until somebody has cleared them away. */
  private dead: readonly string[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly redis: RedisClient,
    private readonly bus: NodeBus,
    private readonly clock: Clock,
    { nodeId, ttlMs, leaseMs = LEASE_MS }: RedisPresenceOptions,
  ) {
    super();
    this.nodeId = nodeId;
    this.ttlMs = ttlMs;
    this.leaseMs = leaseMs;
    bus.join(CHANNEL);
    bus.subscribe((message) => {
      if (message.type === 'presence') this.tell(message.changes);
    });
    redis.on('ready', () => void this.restore());
    this.timer = setInterval(() => void this.renew(), Math.min(RENEW_MS, leaseMs / 3));
    this.timer.unref();
    void this.renew();
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
    await this.soon(this.run(CHOOSE, userId, [status, now + this.ttlMs, now, this.ttlMs, ...this.dead]));
  }

  async read(userIds: Iterable<string>): Promise<Map<string, PresenceRecord>> {
    const ids = [...userIds];
    const records = new Map<string, PresenceRecord>();
    for (let i = 0; i < ids.length; i += BATCH) {
      const part = ids.slice(i, i + BATCH);
      const rows = await this.soon(Promise.all(part.map((id) => this.redis.hGetAll(keyOf(id)))));
      for (const [at, userId] of part.entries()) {
        const row = rows[at];
        if (!row || Object.keys(row).length === 0) continue;
        const record = this.toRecord(row);
        records.set(userId, record);
        if (this.local.has(userId)) this.announced.set(userId, record.announced);
      }
    }
    return records;
  }

  async announce(announcements: readonly Announcement[]): Promise<Change[]> {
    const before = (await this.soon(
      Promise.all(announcements.map(({ userId, status, own }) => this.run(ANNOUNCE, userId, [status, own]))),
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
    this.tell(changes);
    this.bus.publish([CHANNEL], { type: 'presence', changes });
    return changes;
  }

  onChange(listener: (changes: readonly Change[]) => void): void {
    this.changeListeners.push(listener);
  }

  onDoubt(listener: (userIds: readonly string[]) => void): void {
    this.doubtListeners.push(listener);
  }

  /** Ends the lease now: another node looks after who has just gone. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.soon(this.redis.zAdd(LEASES, { score: 0, value: this.nodeId })).catch(() => undefined);
  }

  private async count(userId: string, connections: number): Promise<void> {
    const args = [this.nodeId, connections, this.ttlMs, this.clock.now(), ...this.dead];
    const [, isElsewhere] = await this.soon(
      Promise.all([this.note(userId), this.run(CONNECTIONS, userId, args)]),
    );
    if (isElsewhere) await this.release([userId]);
  }

  private async note(userId: string): Promise<void> {
    if (this.noted.has(userId)) return;
    await this.redis.sAdd(setOf(this.nodeId), userId);
    this.noted.add(userId);
  }

  /** Takes users off this node's list: their going is announced, or is another node's to announce. */
  private async release(userIds: string[]): Promise<void> {
    if (userIds.length === 0) return;
    for (const userId of userIds) this.noted.delete(userId);
    await this.soon(this.redis.sRem(setOf(this.nodeId), userIds));
  }

  private run(script: Script, userId: string, args: readonly (string | number)[]): Promise<unknown> {
    return runScript(this.redis, script, keyOf(userId), args);
  }

  private tell(changes: readonly Change[]): void {
    for (const listener of this.changeListeners) listener(changes);
  }

  private doubt(userIds: readonly string[]): void {
    for (const listener of this.doubtListeners) listener(userIds);
  }

  private async renew(): Promise<void> {
    try {
      const answer = this.soon(runScript(this.redis, LEASE, LEASES, [this.nodeId, this.leaseMs]));
      const [isNew, dead] = (await answer) as [number, string[]];
      this.dead = dead;
      // It stood still for so long that it was taken for dead.
      if (isNew && this.local.size > 0) void this.restore();
      for (const node of this.dead) await this.clear(node);
    } catch {
      // Whoever reads or writes presence is told; the next turn tries again.
    }
  }

  /** Takes away the entries of a node that has died, and has its users looked at. */
  private async clear(node: string): Promise<void> {
    const claim = await this.soon(
      this.redis.set(claimOf(node), this.nodeId, {
        condition: 'NX',
        expiration: { type: 'PX', value: CLAIM_MS },
      }),
    );
    if (claim === null) return;
    const set = setOf(node);
    for (;;) {
      const userIds = await this.soon(this.redis.sRandMemberCount(set, BATCH));
      if (userIds.length === 0) break;
      const args = [node, 0, this.ttlMs, this.clock.now(), ...this.dead];
      await this.soon(Promise.all(userIds.map((userId) => this.run(CONNECTIONS, userId, args))));
      await this.soon(this.redis.sRem(set, userIds));
      this.doubt(userIds);
    }
    await this.soon(this.redis.zRem(LEASES, node));
    // It may come back, and die again.
    await this.soon(this.redis.del(claimOf(node)));
    this.log.log(`Node ${node} is gone; who was connected to it counts as gone too`);
  }

  /** After an outage: Redis may have lost all, and who came or went meanwhile was not noted. */
  private async restore(): Promise<void> {
    try {
      await this.renew();
      const set = setOf(this.nodeId);
      this.noted.clear();
      const noted = await this.soon(this.redis.sMembers(set));
      const gone = noted.filter((userId) => !this.local.has(userId));
      const here = [...this.local];
      for (let i = 0; i < here.length; i += BATCH) {
        await this.soon(
          Promise.all(
            here.slice(i, i + BATCH).flatMap(([userId, { size }]) => {
              const { status, own } = this.announced.get(userId) ?? UNSEEN;
              return [
                this.redis.sAdd(set, userId),
                this.run(RESTORE, userId, [this.nodeId, size, status, own]),
              ];
            }),
          ),
        );
      }
      for (const userId of gone) await this.count(userId, 0);
      this.doubt([...gone, ...this.local.keys()]);
    } catch (error) {
      this.log.warn(`Presence could not be put back, the next connect tries again: ${String(error)}`);
    }
  }

  private toRecord(row: Record<string, string>): PresenceRecord {
    const now = this.clock.now();
    const until = Number(row.until ?? 0);
    const chosen = now < until ? ((row.chosen as ChosenStatus | undefined) ?? null) : null;
    return {
      connected: nodesOf(row).some((node) => !this.dead.includes(node)),
      chosen,
      chosenUntil: chosen && until,
      lastSeenAt: row.seen ? Number(row.seen) : null,
      announced: {
        status: (row.status as Shown['status'] | undefined) ?? UNSEEN.status,
        own: (row.own as Shown['own'] | undefined) ?? UNSEEN.own,
      },
    };
  }

  /** Rejects when Redis hangs. */
  private async soon<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('Redis does not answer')), PATIENCE_MS);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function nodesOf(row: Record<string, string>): string[] {
  return Object.keys(row).flatMap((field) => (field.startsWith('n:') ? [field.slice(2)] : []));
}
