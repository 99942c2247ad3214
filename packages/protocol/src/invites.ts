import type { Conversation } from './conversations';
import type { User } from './users';
import type { Timestamp, Uuid } from './values';

/** A way into a group for whoever has its token, as those see it who keep order there. */
export interface Invite {
  id: Uuid;
  conversationId: Uuid;
  /** Who made it; it is good while they may add members. */
  creator: User;
  createdAt: Timestamp;
  /** Null: it does not end by itself. */
  expiresAt: Timestamp | null;
  /** People who may come by it; null: as many as the group takes. */
  maxUses: number | null;
  /** People who have come by it; who comes again counts once. */
  uses: number;
}

export interface InviteInput {
  /** Seconds for which it is to be good; missing: 7 days; null: without an end. */
  expiresIn?: number | null;
  /** Missing or null: as many people as the group takes. */
  maxUses?: number | null;
}

/** What making an invite answers: only this has its token. */
export interface InviteMade extends Invite {
  token: string;
}

/** What an invite shows of its group to who has its token. */
export interface InvitePreview {
  title: string | null;
  memberCount: number;
  historyVisible: boolean;
  /** Who made the invite. */
  creator: User;
  expiresAt: Timestamp | null;
  /** The group, if I am in it; null to others. */
  conversationId: Uuid | null;
}

export interface InviteAccepted {
  conversation: Conversation;
  /** Whether I was in it before. */
  duplicate: boolean;
}

export const INVITE_FLAWS = ['unknown', 'expired', 'revoked', 'used_up'] as const;
/** Why an invite cannot be used: `details.reason` of `invite_invalid`. */
export type InviteFlaw = (typeof INVITE_FLAWS)[number];
