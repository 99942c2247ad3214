import type { ErrorBody } from './errors';
import type { Conversation, Member, MemberRole } from './conversations';
import type { Message } from './messages';
import type { ChosenStatus, Presence } from './presence';
import type { ReadReceipt, Receipt, Unread } from './receipts';
import type { Changes, HiddenMessage, SyncPage } from './sync';
import type { ContactState } from './users';
import type { Timestamp, Uuid } from './values';

/** Where the server listens for sockets. */
export const SOCKET_PATH = '/ws';

/** Subprotocols by encoding; without one a connection speaks JSON. */
export const SUBPROTOCOLS = {
  json: 'parley.v1',
  msgpack: 'parley.v1.msgpack',
} as const;
export type Encoding = keyof typeof SUBPROTOCOLS;

/** A frame from the client. With a `ref` it is answered by exactly one reply. */
export interface ClientFrame {
  event: string;
  data?: unknown;
  ref?: Ref;
}
export type Ref = string | number;

/** The answer to a frame that carried a `ref`. */
export type ReplyFrame =
  | { event: 'reply'; ref: Ref; ok: true; data: unknown }
  | { event: 'reply'; ref: Ref; ok: false; error: ErrorBody };

export interface MessageInput {
  /** Made by the client, v7 recommended; a retry with the same id is stored once. */
  id: Uuid;
  text: string;
  /** Default `text`; a word of the product's own, `system` is the server's. */
  kind?: string;
  metadata?: Record<string, unknown>;
  /** Ids of members. */
  mentions?: Uuid[];
  /** Whether everybody is mentioned. */
  mentionAll?: boolean;
  /** The message that it answers. */
  replyTo?: Uuid;
}

/** To a conversation, or to a user: then the direct conversation is made when missing. */
export type MessageSend = MessageInput &
  ({ conversationId: Uuid; to?: never } | { to: Uuid; conversationId?: never });

export interface MessageSent {
  message: Message;
  /** Whether the id was stored by an earlier request, whose answer this is. */
  duplicate: boolean;
}

export interface MessageRevision {
  text: string;
  /** Missing: they stay as they are. */
  mentions?: Uuid[];
  /** Missing: it stays as it is. */
  mentionAll?: boolean;
  /** Only when the message still has this version; else `version_conflict`. */
  ifVersion?: number;
}

/** A message as an event names it. */
export interface MessageTarget {
  conversationId: Uuid;
  id: Uuid;
}

/** The message as it is after a change. */
export interface MessageChanged {
  message: Message;
}

/** A cursor is moved to a message named by its number or by its id. */
export type ReceiptMove = { conversationId: Uuid } & (
  { seq: number; messageId?: never } | { messageId: Uuid; seq?: never }
);

/** What a client may send, and what the reply's `data` is. */
export interface ClientEvents {
  auth: { data: { accessToken: string }; reply: Ready };
  'auth.refresh': {
    data: { accessToken: string };
    reply: { expiresIn: number };
  };
  ping: { data: undefined; reply: { at: Timestamp } };
  'message.send': { data: MessageSend; reply: MessageSent };
  'message.edit': { data: MessageTarget & MessageRevision; reply: MessageChanged };
  'message.delete': { data: MessageTarget & { forMe?: boolean }; reply: MessageChanged };
  'reaction.set': { data: MessageTarget & { emoji: string; on: boolean }; reply: MessageChanged };
  'pin.set': { data: MessageTarget & { on: boolean }; reply: MessageChanged };
  'typing.set': {
    data: { conversationId: Uuid; on: boolean };
    reply: Record<string, never>;
  };
  'receipt.delivered': { data: ReceiptMove; reply: Receipt };
  'receipt.read': { data: ReceiptMove; reply: ReadReceipt };
  sync: { data: { cursor?: string; limit?: number }; reply: SyncPage };
  changes: {
    data: { conversationId: Uuid; afterVersion: number; afterSeq: number; limit?: number };
    reply: Changes;
  };
  'presence.set': { data: { status: ChosenStatus }; reply: Presence };
  'presence.watch': {
    data: { userIds: Uuid[] };
    reply: { presence: Presence[] };
  };
}
export type ClientEvent = keyof ClientEvents;

export interface Ready {
  userId: Uuid;
  sessionId: Uuid;
  connectionId: Uuid;
  /** The server pings this often; a client that is not heard between two pings and the third is cut off. */
  heartbeatSeconds: number;
  /** Seconds for which the access token is good. */
  expiresIn: number;
  limits: {
    textBytes: number;
    frameBytes: number;
    metadataBytes: number;
    mentions: number;
  };
}

/** What the server pushes, by event. */
export interface ServerEvents {
  ready: Ready;
  /** The access token ends soon: renew it by `auth.refresh`. */
  'session.ending': { expiresIn: number };
  'server.draining': { reconnectAfterMs: number };
  /** A frame without `ref` was refused. */
  error: { error: ErrorBody; event?: string };
  'message.created': { message: Message };
  /** It was edited, deleted, reacted to or pinned, or not any more. */
  'message.updated': { message: Message };
  /** To one's own devices: I have deleted it for me. */
  'message.hidden': HiddenMessage;
  'receipt.updated': Receipt;
  /** To one's own devices: I have read on, or what was deleted or edited changes the count. */
  'unread.updated': Unread;
  'typing.changed': { conversationId: Uuid; userId: Uuid; on: boolean };
  'presence.changed': Presence;
  /** I am in it now: it was made with me, or I was added. */
  'conversation.created': {
    conversationId: Uuid;
    version: number;
    conversation: Conversation;
    member: Member;
  };
  'conversation.updated': {
    conversationId: Uuid;
    version: number;
    conversation: Conversation;
  };
  /** I am not in it any more. */
  'conversation.removed': { conversationId: Uuid; version: number };
  'member.changed': {
    conversationId: Uuid;
    version: number;
    changes: MemberChange[];
    memberCount: number;
  };
  /** How I stand with somebody has changed. */
  'contact.changed': { userId: Uuid; state: ContactState };
}
export type ServerEvent = keyof ServerEvents;

/** A member who came, changed, or (role null) went. */
export interface MemberChange {
  userId: Uuid;
  role: MemberRole | null;
  member: Member | null;
}
