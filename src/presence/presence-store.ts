import type { ChosenStatus, PresenceStatus } from '@parley/protocol';

/** One open connection; a user with at least one is online. */
export interface PresenceEntry {
  readonly connectionId: string;
  readonly userId: string;
}

/** What a user is shown as: to others, and to their own devices. */
export interface Shown {
  readonly status: PresenceStatus;
  readonly own: ChosenStatus;
}

export interface PresenceRecord {
  /** Whether the user has an entry, on any node. */
  readonly connected: boolean;
  /** What the user chose, while that holds; null is `online`. */
  readonly chosen: ChosenStatus | null;
  /** Milliseconds since 1970 at which the choice ends by itself; null without one. */
  readonly chosenUntil: number | null;
  /** Milliseconds since 1970 at which others could last see the user; null: not known here. */
  readonly lastSeenAt: number | null;
  /** What was last announced. */
  readonly announced: Shown;
}

export interface Announcement extends Shown {
  readonly userId: string;
  readonly lastSeenAt: number | null;
  /** Tells the others even if it is what they were told last: somebody was shown something else since. */
  readonly again?: boolean;
}

/** An announcement that is news: to others, to the user's own devices, or to both. */
export interface Change extends Announcement {
  readonly toOthers: boolean;
  readonly toSelf: boolean;
}

/** What a user is taken for of whom nothing is stored. */
export const UNSEEN: Shown = { status: 'offline', own: 'online' };

/**
 * Who is connected, what they chose, and what was said of it; shared by all nodes.
 *
 * Any method rejects when the store cannot be reached. One that loses entries with a connection of its
 * own puts back those of its node itself.
 */
export abstract class PresenceStore {
  abstract open(entry: PresenceEntry): Promise<void>;

  /** Notes as last seen, when it was the last entry, a user whom others could see. */
  abstract close(entry: PresenceEntry): Promise<void>;

  /** Holds for PRESENCE_TTL, over reconnects; `online` ends a choice. */
  abstract choose(userId: string, status: ChosenStatus): Promise<void>;

  /** The users of whom something is stored. */
  abstract read(userIds: Iterable<string>): Promise<Map<string, PresenceRecord>>;

  /** Notes what users are shown as; returns, and tells every node's listeners, what of it is news. */
  abstract announce(announcements: readonly Announcement[]): Promise<Change[]>;

  abstract onChange(listener: (changes: readonly Change[]) => void): void;

  /** Called with users who may have become another without anything that was done here. */
  abstract onDoubt(listener: (userIds: readonly string[]) => void): void;

  /** Notes that somebody here was told that nobody knows of these: changes follow when that is over. */
  abstract toldUnknown(userIds: Iterable<string>): void;

  /** After the last use: other nodes look after who was here. */
  abstract stop(): Promise<void>;
}
