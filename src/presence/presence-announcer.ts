import { Injectable, Logger } from '@nestjs/common';
import { Authority } from '../common/authority';
import { Slots } from '../common/slots';
import type { Connection } from '../connections/connection';
import { ConnectionRegistry } from '../connections/connection-registry';
import { Frame } from '../connections/frame';
import { MembershipService } from '../conversations/membership.service';
import { ContactsService } from '../users/contacts.service';
import { toOwnPresence, toPresence } from './presence-status';
import type { Change } from './presence-store';
import { WatchLists } from './watch-lists';

/** Changes told at a time: their friends are read together. */
const AT_A_TIME = 200;
/** Of them, those that ask for more than friends: the connections of the database are few. */
const ASKING = 4;

/** Tells this node's connections of changes: own devices, friends, and who watches. */
@Injectable()
export class PresenceAnnouncer {
  private readonly log = new Logger(PresenceAnnouncer.name);
  /** By user, so that only the newest is told; bounded by the users who come and go. */
  private readonly waiting = new Map<string, Change>();
  private running: Promise<void> | null = null;
  private failing = false;
  private readonly asking = new Slots(ASKING, AT_A_TIME);

  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly contacts: ContactsService,
    private readonly membership: MembershipService,
    private readonly lists: WatchLists,
    private readonly authority: Authority,
  ) {}

  /** Takes changes on; they are told by `drain`. */
  add(changes: readonly Change[]): void {
    for (const change of changes) this.wait(change);
  }

  /** Tells what waits; what cannot be told now is tried again by the next call. Never rejects. */
  drain(): Promise<void> {
    return (this.running ??= this.run().finally(() => (this.running = null)));
  }

  private wait(change: Change): void {
    const earlier = this.waiting.get(change.userId);
    this.waiting.set(change.userId, {
      ...change,
      toOthers: change.toOthers || (earlier?.toOthers ?? false),
      toSelf: change.toSelf || (earlier?.toSelf ?? false),
    });
  }

  private async run(): Promise<void> {
    // Who is friends with whom is in memory, and may have been taken back.
    while (this.waiting.size > 0 && this.authority.isCurrent()) {
      const told = await Promise.all(this.take().map((change) => this.tell(change)));
      if (told.includes(false)) return;
    }
  }

  private take(): Change[] {
    const changes: Change[] = [];
    for (const [userId, change] of this.waiting) {
      this.waiting.delete(userId);
      if (changes.push(change) === AT_A_TIME) break;
    }
    return changes;
  }

  private async tell(change: Change): Promise<boolean> {
    const { userId, status, own, lastSeenAt, toOthers, toSelf } = change;
    if (toSelf) {
      this.registry.sendToUser(userId, Frame.push('presence.changed', toOwnPresence(userId, own)));
    }
    if (!toOthers) return true;
    try {
      const audience = await this.audience(userId);
      const frame = Frame.push('presence.changed', toPresence(userId, status, lastSeenAt));
      for (const connection of audience) connection.send(frame);
      this.failing = false;
      return true;
    } catch (error) {
      this.failed({ ...change, toSelf: false }, error);
      return false;
    }
  }

  /** Friends and watchers, each connection once; whether a watcher still may is asked now. */
  private async audience(userId: string): Promise<Set<Connection>> {
    const friendIds = await this.contacts.friendIds(userId);
    const watching = [...this.lists.watching(userId)];
    const strangers = new Set(
      watching.map((list) => list.connection.userId).filter((id) => !friendIds.has(id)),
    );
    const coMembers =
      strangers.size > 0
        ? await this.asking.run(() => this.membership.coMembers(userId, [...strangers]))
        : strangers;
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

  private failed(change: Change, error: unknown): void {
    const newer = this.waiting.get(change.userId);
    this.wait(newer ? { ...newer, toOthers: true } : change);
    if (this.failing) return;
    this.failing = true;
    this.log.warn(`Presence cannot be told now, trying again: ${String(error)}`);
  }
}
