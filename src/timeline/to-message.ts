import type { Message } from '@parley/protocol';
import type { MessageEntity } from './message.entity';

/** A stored message as it goes over the wire. */
export function toMessage(row: Omit<MessageEntity, 'requestHash'>): Message {
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
    createdAt: row.createdAt.toISOString(),
  };
}
