import type { Message } from '@parley/protocol';

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
  createdAt!: string;
}
