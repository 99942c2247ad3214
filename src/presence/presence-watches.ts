import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { Connection } from '../connections/connection';
import { ConnectionRegistry } from '../connections/connection-registry';
import { ContactsService } from '../users/contacts.service';
import { PresenceAccess } from './presence-access';
import { type WatchList, WatchLists } from './watch-lists';

/** Keeps the watch lists to what is allowed: when they are set, and when people part or block. */
@Injectable()
export class PresenceWatches implements OnModuleInit {
  private readonly log = new Logger(PresenceWatches.name);
  /** How often somebody's standing has changed since the list was set; only the last answer counts. */
  private readonly doubts = new WeakMap<WatchList, Map<string, number>>();

  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly contacts: ContactsService,
    private readonly access: PresenceAccess,
    private readonly lists: WatchLists,
  ) {}

  onModuleInit(): void {
    this.registry.onClosed((connection) => this.lists.drop(connection.id));
    this.contacts.onChange((a, b) => {
      void this.recheck(a, b);
      void this.recheck(b, a);
    });
  }

  /** Replaces the connection's list; returns those whose presence it may know. */
  async watch(connection: Connection, userIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (!this.isOpen(connection)) return new Set();
    const list = this.lists.replace(connection, userIds);
    const doubts = new Map<string, number>();
    this.doubts.set(list, doubts);
    const knowable = await this.access.knowable(connection.userId, userIds);
    // Who came into doubt meanwhile is left to recheck: this answer may be older.
    for (const userId of doubts.keys()) knowable.delete(userId);
    // One's own devices are told anyway.
    this.lists.allow(
      list,
      [...knowable].filter((userId) => userId !== connection.userId),
    );
    return knowable;
  }

  /** Stops what is pushed at once, and asks then whether it may go on. */
  private async recheck(viewerId: string, userId: string): Promise<void> {
    const doubted = this.listsOf(viewerId).filter((list) => list.wanted.has(userId));
    if (doubted.length === 0) return;
    const counts = doubted.map((list) => this.doubt(list, userId));
    try {
      const knowable = await this.access.knowable(viewerId, [userId]);
      if (!knowable.has(userId)) return;
      doubted.forEach((list, i) => {
        if (this.doubts.get(list)?.get(userId) === counts[i]) this.lists.allow(list, [userId]);
      });
    } catch (error) {
      this.log.warn(`A watch is dropped, because nobody can tell whether it is allowed: ${String(error)}`);
    }
  }

  private doubt(list: WatchList, userId: string): number {
    this.lists.refuse(list, userId);
    const doubts = this.doubts.get(list) ?? new Map<string, number>();
    const count = (doubts.get(userId) ?? 0) + 1;
    doubts.set(userId, count);
    return count;
  }

  private listsOf(userId: string): WatchList[] {
    const lists: WatchList[] = [];
    for (const { id } of this.registry.ofUser(userId)) {
      const list = this.lists.of(id);
      if (list) lists.push(list);
    }
    return lists;
  }

  private isOpen(connection: Connection): boolean {
    for (const { id } of this.registry.ofUser(connection.userId)) if (id === connection.id) return true;
    return false;
  }
}
