import type { Quote } from '@parley/protocol';

/** A message on its way into a conversation. */
export interface NewMessage {
  id: string;
  conversationId: string;
  senderId: string;
  kind: string;
  text: string;
  metadata: Record<string, unknown> | null;
  mentions: string[];
  mentionsAll: boolean;
  replyTo: string | null;
  /** What a retry with this id is held against. */
  requestHash: string;
  /** The version of the members whom its sender was found among: of a later one they are asked for again. */
  membersVersion: number;
  /** Asked when nothing is waited for any more, lock or turn: throws or rejects what is not allowed by then. */
  recheck(): Promise<void> | undefined;
}

export interface Numbered {
  seq: number;
  version: number;
  /** ISO 8601. */
  createdAt: string;
  /** Of a reply: the original as the transaction saw it, which nobody could change before the commit. */
  quote: Quote | null;
}
