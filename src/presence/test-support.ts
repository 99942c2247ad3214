import type { Presence } from '@parley/protocol';
import { readEnv } from '../config/env';
import type { Connection } from '../connections/connection';
import { ConnectionRegistry } from '../connections/connection-registry';
import type { Frame } from '../connections/frame';
import type { MembershipService } from '../conversations/membership.service';
import type { ContactsService } from '../users/contacts.service';
import type { UsersService } from '../users/users.service';
import { FriendsHere } from './friends-here';
import { LastSeenWriter } from './last-seen-writer';
import { MemoryPresenceStore } from './memory-presence-store';
import { PresenceAccess } from './presence-access';
import { Authority } from '../common/authority';
import { PresenceAnnouncer } from './presence-announcer';
import { PresenceReader } from './presence-reader';
import { PresenceService } from './presence.service';
import { TestClock } from './presence-store.contract';
import { PresenceTracker } from './presence-tracker';
import { PresenceWatches } from './presence-watches';
import { WatchLists } from './watch-lists';

export const GRACE_SECONDS = 10;
export const TTL_SECONDS = 600;
const env = readEnv({ PRESENCE_GRACE: String(GRACE_SECONDS), PRESENCE_TTL: String(TTL_SECONDS) });

/** A socket that keeps what it is sent. */
export class FakeConnection implements Connection {
  static opened = 0;
  readonly id = `c${++FakeConnection.opened}`;
  readonly sessionId = `s-${this.id}`;
  readonly frames: Frame[] = [];

  constructor(readonly userId: string) {}

  send(frame: Frame): void {
    this.frames.push(frame);
  }

  close(): void {}

  /** What it was pushed since the last time, as `user status`. */
  news(): string[] {
    return this.pushed().map(({ userId, status }) => `${userId} ${status}`);
  }

  pushed(): Presence[] {
    return this.frames.splice(0).map((frame) => {
      const { event, data } = JSON.parse(frame.bytes('json').toString()) as { event: string; data: Presence };
      expect(event).toBe('presence.changed');
      return data;
    });
  }
}

class FakeContacts implements Pick<ContactsService, 'friendIds' | 'friendsOf' | 'isBlocked' | 'onChange'> {
  private readonly friends = new Set<string>();
  private readonly blocks = new Set<string>();
  private readonly listeners: ((a: string, b: string) => void)[] = [];
  down = false;
  private gate: Promise<void> = Promise.resolve();

  /** Holds back answers, made up by now, until the returned function is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.gate = new Promise((resolve) => (release = resolve));
    return release;
  }

  async friendIds(userId: string): Promise<ReadonlySet<string>> {
    const friendIds = [...this.friends].map((pair) => pair.split(' ')).filter(([a]) => a === userId);
    await this.gate;
    if (this.down) throw new Error('no database');
    return new Set(friendIds.map(([, b]) => b ?? ''));
  }

  async friendsOf(userIds: readonly string[]): Promise<Map<string, string[]>> {
    const all = userIds.map(async (id): Promise<[string, string[]]> => [id, [...(await this.friendIds(id))]]);
    return new Map(await Promise.all(all));
  }

  async isBlocked(a: string, b: string): Promise<boolean> {
    const blocked = this.blocks.has(`${a} ${b}`) || this.blocks.has(`${b} ${a}`);
    await this.gate;
    return blocked;
  }

  onChange(listener: (a: string, b: string) => void): void {
    this.listeners.push(listener);
  }

  befriend(a: string, b: string): void {
    this.friends.add(`${a} ${b}`).add(`${b} ${a}`);
    for (const listener of this.listeners) listener(a, b);
  }

  part(a: string, b: string): void {
    this.friends.delete(`${a} ${b}`);
    this.friends.delete(`${b} ${a}`);
    for (const listener of this.listeners) listener(a, b);
  }

  block(a: string, b: string): void {
    this.blocks.add(`${a} ${b}`);
    this.part(a, b);
  }

  unblock(a: string, b: string): void {
    this.blocks.delete(`${a} ${b}`);
    for (const listener of this.listeners) listener(a, b);
  }
}

class FakeMembership implements Pick<MembershipService, 'coMembers'> {
  conversations: Set<string>[] = [];

  async coMembers(userId: string, candidateIds: readonly string[]): Promise<ReadonlySet<string>> {
    const mine = this.conversations.filter((members) => members.has(userId));
    return new Set(candidateIds.filter((id) => mine.some((members) => members.has(id))));
  }
}

class FakeUsers implements Pick<UsersService, 'touchLastSeen' | 'lastSeen'> {
  readonly seen = new Map<string, Date>();
  writes = 0;
  down = false;

  async touchLastSeen(entries: readonly { userId: string; at: Date }[]): Promise<void> {
    this.writes++;
    if (this.down) throw new Error('no database');
    for (const { userId, at } of entries) this.seen.set(userId, at);
  }

  async lastSeen(userIds: readonly string[]): Promise<Map<string, Date | null>> {
    return new Map(userIds.map((id) => [id, this.seen.get(id) ?? null]));
  }
}

/** One node with everything real but the database. */
export class Node {
  readonly registry = new ConnectionRegistry();
  readonly tracker: PresenceTracker;
  readonly service: PresenceService;
  private readonly announcer: PresenceAnnouncer;
  private readonly lastSeen: LastSeenWriter;

  constructor(readonly world: World) {
    const { clock, store } = world;
    const contacts = world.contacts as unknown as ContactsService;
    const membership = world.membership as unknown as MembershipService;
    const users = world.users as unknown as UsersService;
    const lists = new WatchLists();
    const reader = new PresenceReader(env, clock, store);
    const access = new PresenceAccess(contacts, membership);
    const watches = new PresenceWatches(this.registry, contacts, access, lists);
    const friends = new FriendsHere(this.registry, contacts);
    friends.onModuleInit();
    this.announcer = new PresenceAnnouncer(this.registry, friends, membership, lists, new Authority());
    this.lastSeen = new LastSeenWriter(users);
    this.tracker = new PresenceTracker(clock, this.registry, store, reader, this.announcer, this.lastSeen);
    this.service = new PresenceService(access, reader, store, this.tracker, users, watches);
    this.tracker.onModuleInit();
    // Its sweeps are made by the test.
    void this.tracker.onModuleDestroy();
    watches.onModuleInit();
  }

  open(userId: string): FakeConnection {
    const connection = new FakeConnection(userId);
    this.registry.add(connection);
    return connection;
  }

  close(connection: FakeConnection): void {
    this.registry.remove(connection);
  }

  /** Somebody who is connected, and up to date. */
  async watcher(userId: string): Promise<FakeConnection> {
    const connection = this.open(userId);
    await this.sweep();
    connection.news();
    return connection;
  }

  /** What somebody is to somebody who asks. */
  async status(actor: string, userId: string): Promise<string | undefined> {
    return (await this.service.get({ userId: actor, sessionId: 's' }, [userId]))[0]?.status;
  }

  async sweep(): Promise<void> {
    await settled();
    await this.tracker.sweep().catch(() => undefined);
    await this.announcer.drain();
    await this.lastSeen.flush();
    await settled();
  }
}

export class World {
  readonly clock = new TestClock();
  readonly store = new MemoryPresenceStore(env, this.clock);
  readonly contacts = new FakeContacts();
  readonly membership = new FakeMembership();
  readonly users = new FakeUsers();

  node(): Node {
    return new Node(this);
  }
}

/** Lets everything that waits for nothing but promises go on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
