/** Bounds of the wire, the same over REST and socket; `ready.limits` tells a client those of its server. */
export const LIMITS = {
  /** UTF-8 bytes of a message's text. */
  textBytes: 16_384,
  /** Bytes of one WebSocket frame, and of a REST body. */
  frameBytes: 131_072,
  /** UTF-8 bytes of a message's metadata as JSON. */
  metadataBytes: 4_096,
  /** Mentions in one message. */
  mentions: 100,
  /** UTF-8 bytes of a reaction's emoji. */
  emojiBytes: 64,
  /** Kinds of reactions on one message. */
  reactionKinds: 20,
  /** Users whom a message names for each kind of reaction. */
  reactionUsers: 10,
  /** Pinned messages in one conversation. */
  pins: 50,
  /** Characters of the original's text in a quote. */
  quoteLength: 200,
  /** Characters of a group's title. */
  titleLength: 100,
  /** Members of a group. */
  groupMembers: 100_000,
  /** Invites to one group that can be used at the same time. */
  invites: 50,
  /** Seconds for which an invite may be good at the most, unless it is made without an end. */
  inviteSeconds: 31_536_000,
  /** Members named in one request. */
  memberIdsPerRequest: 1_000,
  /** Items on one page of any list. */
  pageSize: 200,
  /** Seconds for which a sync over REST may wait for news. */
  syncWaitSeconds: 60,
  /** Conversations that one sync tells as left. */
  removedPerSync: 1_000,
  /** Messages deleted for oneself that one sync tells. */
  hiddenPerSync: 1_000,
  /** Requests of one user that wait for news; one more ends the wait of the first. */
  syncWaits: 10,
  /** Users whose presence one connection may watch. */
  presenceWatch: 200,
  /** Unread messages are counted up to here; a badge shows "1000+" beyond. */
  unreadCount: 1_000,
  /** Members up to which everybody's cursor and typing is pushed to everybody. */
  smallGroupMembers: 100,
} as const;

/** Seconds within which a connection that carried no token must send `auth`. */
export const AUTH_TIMEOUT_SECONDS = 10;

/** Seconds before its access token ends at which a connection is told `session.ending`. */
export const SESSION_ENDING_SECONDS = 60;

/** Seconds for which an invite is good whose maker does not say (7 days). */
export const INVITE_SECONDS = 604_800;

/** Seconds for which `typing.changed {on: true}` holds unless it comes again. */
export const TYPING_SECONDS = 6;
