import type { ChosenStatus } from '@parley/protocol';
import { Clock } from '../common/clock';
import type { Env } from '../config/env';
import {
  type Announcement,
  type Change,
  type PresenceEntry,
  type PresenceRecord,
  PresenceStore,
  type Shown,
  UNSEEN,
} from './presence-store';

/** Users without a connection who are remembered; beyond, who has been gone the longest is forgotten. */
const MAX_GONE = 100_000;

interface Row {
  /** Mostly one: an array of one takes a tenth of what a set takes. */
  connectionIds: readonly string[];
  chosen: ChosenStatus | null;
  chosenUntil: number;
  lastSeenAt: number | null;
  announced: Shown;
}

/** Presence within one process; who is gone is forgotten after PRESENCE_TTL. */
export class MemoryPresenceStore extends PresenceStore {
  private readonly rows = new Map<string, Row>();
  /** When who is gone is forgotten; all live as long, so the first in is the first out. */
  private readonly gone = new Map<string, number>();
  private readonly listeners: ((changes: readonly Change[]) => void)[] = [];
  private readonly ttlMs: number;

  constructor(
    env: Pick<Env, 'presenceTtlSeconds'>,
    private readonly clock: Clock,
  ) {
    super();
    this.ttlMs = env.presenceTtlSeconds * 1_000;
  }

  /** Users remembered, connected or not. */
  get size(): number {
    return this.rows.size;
  }

  async open({ userId, connectionId }: PresenceEntry): Promise<void> {
    const row = this.row(userId);
    row.connectionIds = [...row.connectionIds, connectionId];
    this.gone.delete(userId);
  }

  async close({ userId, connectionId }: PresenceEntry): Promise<void> {
    const row = this.rows.get(userId);
    if (!row?.connectionIds.includes(connectionId)) return;
    row.connectionIds = row.connectionIds.filter((id) => id !== connectionId);
    if (row.connectionIds.length > 0) return;
    if (this.chosen(row) !== 'invisible') row.lastSeenAt = this.clock.now();
    this.keepForNow(userId);
  }

  async choose(userId: string, status: ChosenStatus): Promise<void> {
    const row = this.row(userId);
    const now = this.clock.now();
    const disappears = status === 'invisible' && this.chosen(row) !== 'invisible';
    if (disappears && row.connectionIds.length > 0) row.lastSeenAt = now;
    row.chosen = status === 'online' ? null : status;
    row.chosenUntil = now + this.ttlMs;
  }

  async read(userIds: Iterable<string>): Promise<Map<string, PresenceRecord>> {
    this.forget();
    const records = new Map<string, PresenceRecord>();
    for (const userId of userIds) {
      const row = this.rows.get(userId);
      if (row) records.set(userId, this.toRecord(row));
    }
    return records;
  }

  async announce(announcements: readonly Announcement[]): Promise<Change[]> {
    const changes: Change[] = [];
    for (const announcement of announcements) {
      const { userId, status, own, again = false } = announcement;
      const row = this.rows.get(userId);
      const before = row?.announced ?? UNSEEN;
      if (row) row.announced = { status, own };
      const change = {
        ...announcement,
        toOthers: again || status !== before.status,
        toSelf: own !== before.own,
      };
      if (change.toOthers || change.toSelf) changes.push(change);
    }
    if (changes.length > 0) for (const listener of this.listeners) listener(changes);
    return changes;
  }

  onChange(listener: (changes: readonly Change[]) => void): void {
    this.listeners.push(listener);
  }

  /** Nobody else writes here. */
  onDoubt(): void {}

  /** It always knows. */
  toldUnknown(): void {}

  async stop(): Promise<void> {}

  private row(userId: string): Row {
    const known = this.rows.get(userId);
    if (known) return known;
    const row = {
      connectionIds: [],
      chosen: null,
      chosenUntil: 0,
      lastSeenAt: null,
      announced: UNSEEN,
    };
    this.rows.set(userId, row);
    this.keepForNow(userId);
    return row;
  }

  private chosen(row: Row): ChosenStatus | null {
    return this.clock.now() < row.chosenUntil ? row.chosen : null;
  }

  private toRecord(row: Row): PresenceRecord {
    const chosen = this.chosen(row);
    return {
      connected: row.connectionIds.length > 0,
      chosen,
      chosenUntil: chosen && row.chosenUntil,
      lastSeenAt: row.lastSeenAt,
      announced: row.announced,
    };
  }

  private keepForNow(userId: string): void {
    this.gone.delete(userId);
    this.gone.set(userId, this.clock.now() + this.ttlMs);
    this.forget();
  }

  private forget(): void {
    const now = this.clock.now();
    for (const [userId, until] of this.gone) {
      if (until > now && this.gone.size <= MAX_GONE) return;
      this.gone.delete(userId);
      this.rows.delete(userId);
    }
  }
}
