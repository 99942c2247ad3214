import type { ChosenStatus, Presence, PresenceStatus } from '@parley/protocol';
import { type PresenceRecord, type Shown, UNSEEN } from './presence-store';

/** What a stored record amounts to at a moment. */
export interface Derived extends Shown {
  readonly connected: boolean;
  readonly lastSeenAt: number | null;
  /** Milliseconds since 1970 at which it may become another by itself; null: never. */
  readonly changesAt: number | null;
}

/** Derives what a user is shown as; who has just gone counts as there for the grace. */
export function derive(record: PresenceRecord | undefined, now: number, graceMs: number): Derived {
  if (!record) return { ...UNSEEN, connected: false, lastSeenAt: null, changesAt: null };
  const { connected, lastSeenAt, chosenUntil } = record;
  const own = record.chosen ?? 'online';
  const graceUntil = (lastSeenAt ?? 0) + graceMs;
  const inGrace = !connected && own !== 'invisible' && now < graceUntil;
  const status = own !== 'invisible' && (connected || inGrace) ? own : 'offline';
  return {
    status,
    own,
    connected,
    lastSeenAt,
    changesAt: inGrace ? graceUntil : connected ? chosenUntil : null,
  };
}

/** A user as others see them. */
export function toPresence(userId: string, status: PresenceStatus, lastSeenAt: number | null): Presence {
  const seen = status === 'offline' && lastSeenAt !== null;
  return { userId, status, lastSeenAt: seen ? new Date(lastSeenAt).toISOString() : null };
}

/** A user as their own devices see them. */
export function toOwnPresence(userId: string, own: ChosenStatus): Presence {
  return { userId, status: own, lastSeenAt: null };
}

/** What cannot be told, or not to this one. */
export function unknownPresence(userId: string): Presence {
  return { userId, status: 'unknown', lastSeenAt: null };
}
