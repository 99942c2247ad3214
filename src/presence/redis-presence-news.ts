import { LRUCache } from 'lru-cache';
import { type Change, type PresenceRecord, type Shown, UNSEEN } from './presence-store';

/** Users of whom it is known what this node was told last; of others it is told once more at worst. */
const MAX_TOLD = 200_000;
const MAX_UNKNOWN = 100_000;
const BATCH = 500;

export interface StoredPresence {
  /** Of whom there may be news. */
  present(): Promise<string[]>;
  read(userIds: readonly string[]): Promise<Map<string, PresenceRecord>>;
}

/** What this node was told of whom, by itself and by others; tells what it has not heard. */
export class PresenceNews {
  private readonly listeners: ((changes: readonly Change[]) => void)[] = [];
  /** Without those who are as nobody needs to be told. */
  private readonly told = new LRUCache<string, Shown>({ max: MAX_TOLD });
  /** Users of whom somebody here was told that nobody knows. */
  private readonly unknown = new Set<string>();
  /** Who was told of while the store is being read: that is newer than what was read. */
  private newer: Set<string> | null = null;
  private hasRead = false;

  constructor(private readonly stored: StoredPresence) {}

  /** Whether somebody waits to hear what could not be told. */
  get owes(): boolean {
    return this.unknown.size > 0;
  }

  onChange(listener: (changes: readonly Change[]) => void): void {
    this.listeners.push(listener);
  }

  tell(changes: readonly Change[]): void {
    for (const { userId, status, own } of changes) {
      this.newer?.add(userId);
      this.unknown.delete(userId);
      if (isSame({ status, own }, UNSEEN)) this.told.delete(userId);
      else this.told.set(userId, { status, own });
    }
    if (changes.length > 0) for (const listener of this.listeners) listener(changes);
  }

  toldUnknown(userIds: Iterable<string>): void {
    for (const userId of userIds) if (this.unknown.size < MAX_UNKNOWN) this.unknown.add(userId);
  }

  /** Tells how those are now of whom nobody knew. One reading at a time, of this or of `catchUp`. */
  settle(): Promise<void> {
    return this.compare([...this.unknown]);
  }

  /** Tells what differs from what was told; before anything was, it only takes note. */
  async catchUp(): Promise<void> {
    const userIds = new Set([...(await this.stored.present()), ...this.told.keys(), ...this.unknown]);
    await this.compare([...userIds]);
    this.hasRead = true;
  }

  private async compare(userIds: readonly string[]): Promise<void> {
    for (let i = 0; i < userIds.length; i += BATCH) {
      const part = userIds.slice(i, i + BATCH);
      const newer = (this.newer = new Set<string>());
      const records = await this.stored.read(part).finally(() => (this.newer = null));
      this.tellDifferences(
        part.filter((userId) => !newer.has(userId)),
        records,
      );
    }
  }

  private tellDifferences(userIds: readonly string[], records: ReadonlyMap<string, PresenceRecord>): void {
    const changes: Change[] = [];
    for (const userId of userIds) {
      const record = records.get(userId);
      const now = record?.announced ?? UNSEEN;
      const told = this.told.get(userId) ?? UNSEEN;
      const toOthers = now.status !== told.status || this.unknown.has(userId);
      const change = { userId, ...now, lastSeenAt: record?.lastSeenAt ?? null };
      if (toOthers || now.own !== told.own)
        changes.push({ ...change, toOthers, toSelf: now.own !== told.own });
    }
    if (this.hasRead) this.tell(changes);
    else this.takeNote(changes);
  }

  /** Of what was so before this node was there; who was told that nobody knows is told now. */
  private takeNote(changes: readonly Change[]): void {
    const owed = changes.filter(({ userId }) => this.unknown.has(userId));
    for (const { userId, status, own } of changes) this.told.set(userId, { status, own });
    this.tell(owed);
  }
}

function isSame(a: Shown, b: Shown): boolean {
  return a.status === b.status && a.own === b.own;
}
