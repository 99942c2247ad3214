import type { Message, Quote, Reaction } from '@parley/protocol';

export class ReactionDto implements Reaction {
  emoji!: string;
  count!: number;
  /** The first ten. */
  userIds!: string[];
  /** Whether I have, where `userIds` does not tell; missing where everybody is told the same. */
  mine?: boolean;
}

export class QuoteDto implements Quote {
  id!: string;
  seq!: number;
  /** The original's version; of two quotes the one with the greater is right. */
  version!: number;
  senderId!: string;
  kind!: string;
  /** The first 200 characters; null when deleted. */
  text!: string | null;
  deleted!: boolean;
}

export class MessageDto implements Message {
  id!: string;
  conversationId!: string;
  /** Its number in the conversation, without gaps. */
  seq!: number;
  /** The conversation's version at its last change. */
  version!: number;
  senderId!: string;
  /** `text`, `system`, or a word of the product's own. */
  kind!: string;
  text!: string | null;
  /** Of a system entry: what happened. */
  metadata!: Record<string, unknown> | null;
  mentions!: string[];
  /** Whether everybody is mentioned. */
  mentionsAll!: boolean;
  /** The message that it answers. */
  replyTo!: string | null;
  /** Null when it answers nothing, or something that I cannot see. */
  quote!: QuoteDto | null;
  /** The earliest kind first. */
  reactions!: ReactionDto[];
  createdAt!: string;
  editedAt!: string | null;
  /** Deleted for everyone: what it held is gone. */
  deletedAt!: string | null;
  pinnedAt!: string | null;
  pinnedBy!: string | null;
}
