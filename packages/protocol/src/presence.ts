import type { Timestamp, Uuid } from './values';

export const PRESENCE_STATUSES = ['online', 'away', 'busy', 'invisible', 'offline', 'unknown'] as const;
/** `unknown`: the server cannot tell now, or you may not know. `invisible`: to own devices only. */
export type PresenceStatus = (typeof PRESENCE_STATUSES)[number];

export const CHOSEN_STATUSES = ['online', 'away', 'busy', 'invisible'] as const;
/** What a person can choose to be shown as while connected; `invisible` shows as offline. */
export type ChosenStatus = (typeof CHOSEN_STATUSES)[number];

export interface Presence {
  userId: Uuid;
  status: PresenceStatus;
  /** When the last connection ended; null while online or when not known. */
  lastSeenAt: Timestamp | null;
}
