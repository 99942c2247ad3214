import {
  Injectable,
  Logger,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { Clock } from '../common/clock';
import { Poller } from '../common/poller';
import type { Connection } from '../connections/connection';
import { ConnectionRegistry } from '../connections/connection-registry';
import { SecondWheel } from '../connections/second-wheel';
import { LastSeenWriter } from './last-seen-writer';
import { PresenceAnnouncer } from './presence-announcer';
import { PresenceReader, type Reading } from './presence-reader';
import { type Announcement, type Change, type PresenceEntry, PresenceStore } from './presence-store';

const SWEEP_MS = 250;
const BATCH = 500;

/**
 * Follows who comes and goes, and announces what has come of it at every sweep.
 *
 * However often somebody changes between two sweeps, only what differs from what was last announced is news.
 */
@Injectable()
export class PresenceTracker implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown {
  private readonly log = new Logger(PresenceTracker.name);
  /** Users to look at; true: announce them even if nothing differs. */
  private readonly marked = new Map<string, boolean>();
  /** Users who change by themselves: a grace or a choice ends. */
  private readonly due: SecondWheel<string>;
  private readonly poller = new Poller('announcing presence', SWEEP_MS, () => this.sweep());

  constructor(
    private readonly clock: Clock,
    private readonly registry: ConnectionRegistry,
    private readonly store: PresenceStore,
    private readonly reader: PresenceReader,
    private readonly announcer: PresenceAnnouncer,
    private readonly lastSeen: LastSeenWriter,
  ) {
    this.due = new SecondWheel(clock.now());
  }

  onModuleInit(): void {
    this.registry.onOpened(
      (connection) => void this.follow(connection, this.store.open(toEntry(connection))),
    );
    this.registry.onClosed(
      (connection) => void this.follow(connection, this.store.close(toEntry(connection))),
    );
    this.store.onChange((changes) => {
      this.announcer.add(changes);
      void this.announcer.drain();
    });
    this.store.onDoubt((userIds) => {
      for (const userId of userIds) this.mark(userId);
    });
    this.poller.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.poller.stop();
  }

  /** The sockets are closed by now, and nobody waits for a grace to end. */
  async onApplicationShutdown(): Promise<void> {
    const userIds = [...this.marked.keys(), ...this.due.turn(Number.MAX_SAFE_INTEGER)];
    try {
      for (const [userId, { connected, own, lastSeenAt }] of await this.reader.read(userIds)) {
        if (!connected && own !== 'invisible' && lastSeenAt !== null) this.lastSeen.add(userId, lastSeenAt);
      }
      await this.lastSeen.flush();
    } catch (error) {
      this.log.warn(`Who left with this server is not noted as seen: ${String(error)}`);
    }
    await this.store.stop();
  }

  /** Has a user looked at by the next sweep; `again` tells others even if it is what they were told last. */
  mark(userId: string, again = false): void {
    this.marked.set(userId, again || (this.marked.get(userId) ?? false));
  }

  /** Announces what has changed; rejects when the store cannot be reached, and the next one makes good. */
  async sweep(): Promise<void> {
    for (const userId of this.due.turn(this.clock.now())) this.mark(userId);
    const marked = [...this.marked];
    this.marked.clear();
    try {
      while (marked.length > 0) {
        await this.announce(new Map(marked.slice(0, BATCH)));
        marked.splice(0, BATCH);
      }
    } finally {
      for (const [userId, again] of marked) this.mark(userId, again);
      // Both may wait for the database; what others were told does not wait for them.
      void this.announcer.drain();
      void this.lastSeen.flush();
    }
  }

  private async follow(connection: Connection, stored: Promise<void>): Promise<void> {
    // The sweep asks the same store, and tells when it cannot be reached.
    await stored.catch(() => undefined);
    this.mark(connection.userId);
  }

  private async announce(marked: ReadonlyMap<string, boolean>): Promise<void> {
    const readings = await this.reader.read([...marked.keys()]);
    const announcements: Announcement[] = [];
    for (const [userId, reading] of readings) {
      const again = marked.get(userId) ?? false;
      if (again || isNews(reading)) announcements.push(toAnnouncement(userId, reading, again));
    }
    this.noteLastSeen(await this.tell(announcements));
    for (const [userId, { changesAt }] of readings) this.schedule(userId, changesAt);
  }

  private async tell(announcements: readonly Announcement[]): Promise<Change[]> {
    try {
      return await this.store.announce(announcements);
    } catch (error) {
      // It may have been carried out without an answer: then nothing differs any more, and nobody was told.
      for (const { userId } of announcements) this.mark(userId, true);
      throw error;
    }
  }

  private noteLastSeen(changes: readonly Change[]): void {
    for (const { userId, status, lastSeenAt, toOthers } of changes) {
      if (toOthers && status === 'offline' && lastSeenAt !== null) this.lastSeen.add(userId, lastSeenAt);
    }
  }

  private schedule(userId: string, at: number | null): void {
    if (at === null) this.due.delete(userId);
    else this.due.set(userId, at);
  }
}

function toEntry({ id, userId }: Connection): PresenceEntry {
  return { connectionId: id, userId };
}

/** Whether it differs from what was announced, or nobody answers for the user any more. */
function isNews({ connected, status, own, announced }: Reading): boolean {
  return !connected || status !== announced.status || own !== announced.own;
}

function toAnnouncement(userId: string, reading: Reading, again: boolean): Announcement {
  const { status, own, lastSeenAt } = reading;
  return { userId, status, own, lastSeenAt, again };
}
