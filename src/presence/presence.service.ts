import { Injectable } from '@nestjs/common';
import type { ChosenStatus, Presence } from '@parley/protocol';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import type { Connection } from '../connections/connection';
import { UsersService } from '../users/users.service';
import { PresenceAccess } from './presence-access';
import { PresenceReader, type Reading } from './presence-reader';
import { toOwnPresence, toPresence, unknownPresence } from './presence-status';
import { PresenceStore } from './presence-store';
import { PresenceTracker } from './presence-tracker';
import { PresenceWatches } from './presence-watches';

/** What people ask of presence: to be shown as something, to know of others, to be told of them. */
@Injectable()
export class PresenceService {
  constructor(
    private readonly access: PresenceAccess,
    private readonly reader: PresenceReader,
    private readonly store: PresenceStore,
    private readonly tracker: PresenceTracker,
    private readonly users: UsersService,
    private readonly watches: PresenceWatches,
  ) {}

  /** Chooses what the actor is shown as while connected, for PRESENCE_TTL. */
  async set(actor: Actor, status: ChosenStatus): Promise<Presence> {
    try {
      await this.store.choose(actor.userId, status);
    } catch {
      throw new DomainError('unavailable');
    }
    this.tracker.mark(actor.userId);
    return toOwnPresence(actor.userId, status);
  }

  /** Replaces whom the connection watches, and tells how they are now. */
  async watch(connection: Connection, userIds: readonly string[]): Promise<Presence[]> {
    const unique = [...new Set(userIds)];
    return this.show(connection, unique, await this.watches.watch(connection, unique));
  }

  /** How users are now; `unknown` for those the actor may not know of. */
  async get(actor: Actor, userIds: readonly string[]): Promise<Presence[]> {
    const unique = [...new Set(userIds)];
    return this.show(actor, unique, await this.access.knowable(actor.userId, unique));
  }

  private async show(actor: Actor, userIds: string[], knowable: ReadonlySet<string>): Promise<Presence[]> {
    // A store that cannot be reached is reported by the tracker; here nobody is told a guess.
    const readings = await this.reader.read([...knowable]).catch(() => {
      this.store.toldUnknown(knowable);
      return new Map<string, Reading>();
    });
    const stored = await this.storedLastSeen(readings);
    return userIds.map((userId) => {
      const reading = readings.get(userId);
      if (!reading) return unknownPresence(userId);
      if (userId === actor.userId && reading.connected) return toOwnPresence(userId, reading.own);
      // What is shown here was not announced yet, and may be over when the sweep comes to announce it.
      if (reading.status !== reading.announced.status) this.tracker.mark(userId, true);
      return toPresence(userId, reading.status, reading.lastSeenAt ?? stored.get(userId)?.getTime() ?? null);
    });
  }

  /** When those were last seen who went longer ago than presence remembers. */
  private async storedLastSeen(readings: Map<string, Reading>): Promise<Map<string, Date | null>> {
    const missing = [...readings].filter(
      ([, { status, lastSeenAt }]) => status === 'offline' && lastSeenAt === null,
    );
    return missing.length > 0
      ? this.users.lastSeen(missing.map(([userId]) => userId))
      : new Map<string, Date>();
  }
}
