import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConnectionRegistry } from '../connections/connection-registry';
import { ContactsService } from '../users/contacts.service';

/** Users whose friends are read together. */
const BATCH = 500;

/** Somebody who is connected here, with their friends. */
interface Here {
  readonly userId: string;
  readonly friends: Friend[];
}

/** Somebody, anywhere, with friends who are connected here. */
interface Friend {
  readonly userId: string;
  readonly here: Here[];
}

/**
 * Who of a user's friends is connected to this node.
 *
 * It is kept the other way round than friends are stored, so that telling of somebody costs what their
 * friends here are, however many there are elsewhere, and asks no database. About 20 bytes for each friend
 * of who is connected.
 */
@Injectable()
export class FriendsHere implements OnModuleInit {
  private readonly here = new Map<string, Here>();
  private readonly friends = new Map<string, Friend>();
  /** Who is connected, and whose friends have to be read. */
  private readonly unread = new Set<string>();
  private round: Promise<void> | null = null;

  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly contacts: ContactsService,
  ) {}

  onModuleInit(): void {
    this.registry.onOpened(({ userId }) => {
      if (this.here.has(userId)) return;
      this.unread.add(userId);
      this.follow();
    });
    this.registry.onClosed(({ userId }) => {
      if (!this.registry.isConnected(userId)) this.drop(userId);
    });
    this.contacts.onChange((a, b) => {
      this.doubt(a, b);
      this.doubt(b, a);
      this.follow();
    });
  }

  /** The friends of a user who are connected here, of those who had come before `settle`. */
  of(userId: string): ReadonlySet<string> {
    const friend = this.friends.get(userId);
    return friend ? new Set(friend.here.map((here) => here.userId)) : NOBODY;
  }

  /** Resolves when the friends of everybody who is connected now are known; rejects when they cannot be read. */
  async settle(): Promise<void> {
    await this.round?.catch(() => undefined);
    if (this.unread.size > 0) await this.read();
  }

  /** Reads what is to be read; what comes while the database is asked is read together. */
  private follow(): void {
    if (this.round || this.unread.size === 0) return;
    // What fails is tried again by who needs it.
    void this.read().then(
      () => this.follow(),
      () => undefined,
    );
  }

  private read(): Promise<void> {
    return (this.round ??= this.readUnread().finally(() => (this.round = null)));
  }

  private async readUnread(): Promise<void> {
    const userIds = [...this.unread];
    this.unread.clear();
    try {
      while (userIds.length > 0) {
        const part = userIds.slice(-BATCH);
        const friends = await this.contacts.friendsOf(part);
        // Who is in doubt again may stand otherwise than was read.
        for (const id of part) if (!this.unread.has(id)) this.put(id, friends.get(id) ?? []);
        userIds.length -= part.length;
      }
    } catch (error) {
      for (const id of userIds) if (this.registry.isConnected(id)) this.unread.add(id);
      throw error;
    }
  }

  private put(userId: string, friendIds: readonly string[]): void {
    this.drop(userId);
    if (!this.registry.isConnected(userId)) return;
    const here: Here = { userId, friends: [] };
    this.here.set(userId, here);
    for (const id of friendIds) {
      const friend = this.friends.get(id) ?? this.add(id);
      friend.here.push(here);
      here.friends.push(friend);
    }
  }

  private add(id: string): Friend {
    // A copy: what was cut out of a longer text keeps all of it in memory.
    const friend: Friend = { userId: Buffer.from(id, 'latin1').toString('latin1'), here: [] };
    this.friends.set(friend.userId, friend);
    return friend;
  }

  private drop(userId: string): void {
    this.unread.delete(userId);
    const here = this.here.get(userId);
    if (!here) return;
    this.here.delete(userId);
    for (const friend of here.friends) this.part(friend, here);
  }

  /** Until it has been read how two stand, nothing of one is told to the other. */
  private doubt(userId: string, friendId: string): void {
    if (!this.registry.isConnected(userId)) return;
    this.unread.add(userId);
    const [here, friend] = [this.here.get(userId), this.friends.get(friendId)];
    if (!here || !friend || !remove(here.friends, friend)) return;
    this.part(friend, here);
  }

  private part(friend: Friend, here: Here): void {
    remove(friend.here, here);
    if (friend.here.length === 0) this.friends.delete(friend.userId);
  }
}

const NOBODY: ReadonlySet<string> = new Set();

/** Takes something out of a list whose order does not matter. */
function remove<T>(list: T[], item: T): boolean {
  const index = list.indexOf(item);
  if (index < 0) return false;
  const last = list.pop();
  if (index < list.length && last !== undefined) list[index] = last;
  return true;
}
