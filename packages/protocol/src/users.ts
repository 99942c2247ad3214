import type { Timestamp, Uuid } from './values';

/** A person as others see them. */
export interface User {
  id: Uuid;
  username: string;
  displayName: string;
  /** A deleted account keeps its id and loses its names. */
  deleted: boolean;
}

/** A person as they see themselves. */
export interface Me extends User {
  /** Whether they may act for the whole server. */
  administrator: boolean;
  createdAt: Timestamp;
}

/** What log-in, registration and refresh answer. */
export interface Tokens {
  accessToken: string;
  refreshToken: string;
  /** Seconds for which the access token is good. */
  expiresIn: number;
  sessionId: Uuid;
  user: Me;
}

/** One device on which somebody is logged in. */
export interface Session {
  id: Uuid;
  deviceName: string | null;
  createdAt: Timestamp;
  lastUsedAt: Timestamp;
  /** Whether it is the session that asks. */
  current: boolean;
}

export const CONTACT_STATES = ['none', 'outgoing', 'incoming', 'accepted', 'blocked'] as const;
/** Somebody else as seen by me: a request I made, one made to me, a friend, or blocked by me. */
export type ContactState = (typeof CONTACT_STATES)[number];

export const CONTACT_ACTIONS = ['request', 'accept', 'decline', 'block', 'unblock'] as const;
export type ContactAction = (typeof CONTACT_ACTIONS)[number];

export interface Contact {
  user: User;
  state: ContactState;
  since: Timestamp;
}
