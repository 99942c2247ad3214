import { Injectable, Logger } from '@nestjs/common';
import { Authority } from '../common/authority';
import type { Connection } from '../connections/connection';
import { ConnectionRegistry } from '../connections/connection-registry';
import { Frame } from '../connections/frame';
import { MembershipService } from '../conversations/membership.service';
import { FriendsHere } from './friends-here';
import { toOwnPresence, toPresence } from './presence-status';
import type { Change } from './presence-store';
import { WatchLists } from './watch-lists';

/** Changes told at a time. */
const BATCH = 500;

/** Tells this node's connections of changes: own devices, friends, and who watches. */
@Injectable()
export class PresenceAnnouncer {
  private readonly log = new Logger(PresenceAnnouncer.name);
  /** By user, so that only the newest is told; bounded by the users who come and go. */
  private readonly waiting = new Map<string, Change>();
  private running: Promise<void> | null = null;
  private failing = false;

  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly friends: FriendsHere,
    private readonly membership: MembershipService,
    private readonly lists: WatchLists,
    private readonly authority: Authority,
  ) {}

  /** Tells own devices; what others are to hear is told by `drain`. */
  add(changes: readonly Change[]): void {
    for (const change of changes) {
      const { userId, own, toSelf, toOthers } = change;
      if (toSelf) {
        this.registry.sendToUser(userId, Frame.push('presence.changed', toOwnPresence(userId, own)));
      }
      // What others were to be told of the user before waits on, as what is now.
      if (toOthers || this.waiting.has(userId)) this.waiting.set(userId, change);
    }
  }

  /** Tells what waits; what cannot be told now is tried again by the next call. Never rejects. */
  drain(): Promise<void> {
    return (this.running ??= this.run().finally(() => (this.running = null)));
  }

  private async run(): Promise<void> {
    // Who is friends with whom is in memory, and may have been taken back.
    while (this.waiting.size > 0 && this.authority.isCurrent()) {
      if (!(await this.knowsFriends())) return;
      const told = await Promise.all(this.take().map((change) => this.tell(change)));
      if (told.includes(false)) return;
    }
  }

  private async knowsFriends(): Promise<boolean> {
    try {
      await this.friends.settle();
      return true;
    } catch (error) {
      this.complain(error);
      return false;
    }
  }

  private take(): Change[] {
    const changes: Change[] = [];
    for (const [userId, change] of this.waiting) {
      this.waiting.delete(userId);
      if (changes.push(change) === BATCH) break;
    }
    return changes;
  }

  private async tell(change: Change): Promise<boolean> {
    const { userId, status, lastSeenAt } = change;
    try {
      const audience = await this.audience(userId);
      const frame = Frame.push('presence.changed', toPresence(userId, status, lastSeenAt));
      for (const connection of audience) connection.send(frame);
      this.failing = false;
      return true;
    } catch (error) {
      // Unless something newer waits by now.
      if (!this.waiting.has(userId)) this.waiting.set(userId, change);
      this.complain(error);
      return false;
    }
  }

  /** Friends and watchers, each connection once; whether a watcher still may is asked now. */
  private async audience(userId: string): Promise<Set<Connection>> {
    const friendIds = this.friends.of(userId);
    const watching = [...this.lists.watching(userId)];
    const strangers = new Set(
      watching.map((list) => list.connection.userId).filter((id) => !friendIds.has(id)),
    );
    const coMembers = await this.membership.coMembers(userId, [...strangers]);
    const audience = new Set<Connection>();
    for (const friendId of friendIds)
      for (const connection of this.registry.ofUser(friendId)) audience.add(connection);
    for (const list of watching) {
      const watcherId = list.connection.userId;
      if (!friendIds.has(watcherId) && !coMembers.has(watcherId)) this.lists.refuse(list, userId);
      // A block may have stopped it while the question was out.
      else if (list.allowed.has(userId)) audience.add(list.connection);
    }
    return audience;
  }

  private complain(error: unknown): void {
    if (this.failing) return;
    this.failing = true;
    this.log.warn(`Presence cannot be told now, trying again: ${String(error)}`);
  }
}
