import type { Message, SystemEntry } from '@parley/protocol';
import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import { newId } from '../common/ids';
import { ConversationEntity } from './conversation.entity';
import { MessageEntity } from './message.entity';
import { toMessage } from './to-message';

/** A change of one conversation within its transaction, which holds the conversation's lock. */
export class ConversationChange {
  constructor(
    readonly manager: EntityManager,
    /** The locked row; what is changed here is stored at the end. */
    readonly conversation: ConversationEntity,
  ) {}

  /** Takes the next version for a change that is no entry of the timeline. */
  nextVersion(): number {
    return ++this.conversation.version;
  }

  /** Takes the next version and tells the members what happened, as an entry of the timeline. */
  async record(actorId: string, entry: SystemEntry): Promise<Message> {
    const { conversation } = this;
    conversation.lastSeq++;
    conversation.version++;
    const row = {
      conversationId: conversation.id,
      id: newId(),
      requestHash: null,
      seq: conversation.lastSeq,
      version: conversation.version,
      senderId: actorId,
      kind: 'system',
      text: null,
      metadata: { ...entry },
      mentions: null,
    };
    const inserted = await this.manager
      .createQueryBuilder()
      .insert()
      .into(MessageEntity)
      .values(row as QueryDeepPartialEntity<MessageEntity>)
      .returning('created_at')
      .updateEntity(false)
      .execute();
    const [{ created_at: createdAt }] = inserted.raw as [{ created_at: Date }];
    return toMessage({ ...row, createdAt });
  }
}
