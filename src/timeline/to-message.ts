import type { Message } from '@parley/protocol';
import type { NewMessage, Numbered } from './new-message';
import type { MessageEntity } from './message.entity';

type Fixed =
  'id' | 'conversationId' | 'seq' | 'version' | 'senderId' | 'kind' | 'text' | 'metadata' | 'createdAt';

/** A message's row; what is missing has not happened to it. */
export type MessageRow = Pick<MessageEntity, Fixed> & Partial<Omit<MessageEntity, Fixed>>;

/** A stored message as it goes over the wire, but for the quote of the message that it answers. */
export function toMessage(row: MessageRow): Message {
  return {
    id: row.id,
    conversationId: row.conversationId,
    seq: row.seq,
    version: row.version,
    senderId: row.senderId,
    kind: row.kind,
    text: row.text,
    metadata: row.metadata,
    mentions: row.mentions ?? [],
    mentionsAll: row.mentionsAll ?? false,
    replyTo: row.replyTo ?? null,
    quote: null,
    reactions: row.reactions ?? [],
    createdAt: row.createdAt.toISOString(),
    editedAt: row.editedAt?.toISOString() ?? null,
    deletedAt: row.deletedAt?.toISOString() ?? null,
    pinnedAt: row.pinnedAt?.toISOString() ?? null,
    pinnedBy: row.pinnedBy ?? null,
  };
}

/** A message that has just been stored: nothing has happened to it yet. */
export function newMessage(message: NewMessage, { seq, version, createdAt, quote }: Numbered): Message {
  return {
    id: message.id,
    conversationId: message.conversationId,
    seq,
    version,
    senderId: message.senderId,
    kind: message.kind,
    text: message.text,
    metadata: message.metadata,
    mentions: message.mentions,
    mentionsAll: message.mentionsAll,
    replyTo: message.replyTo,
    quote,
    reactions: [],
    createdAt,
    editedAt: null,
    deletedAt: null,
    pinnedAt: null,
    pinnedBy: null,
  };
}
