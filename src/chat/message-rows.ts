import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import { MessageEditEntity } from '../timeline/message-edit.entity';
import { MessageEntity } from '../timeline/message.entity';
import { ReactionEntity } from '../timeline/reaction.entity';

type Changing =
  | 'text'
  | 'metadata'
  | 'mentions'
  | 'mentionsAll'
  | 'reactions'
  | 'editedAt'
  | 'deletedAt'
  | 'pinnedAt'
  | 'pinnedBy';

/** What becomes of a message; a function is an expression of SQL. */
export type MessagePatch = { [K in Changing]?: MessageEntity[K] | (() => string) };

/** The time of a change: not that of its transaction, which may have waited for the lock. */
export const NOW = () => 'clock_timestamp()';

/** Queries on one message, for use within a change that holds its conversation's lock. */
export class MessageRows {
  private readonly key: { conversationId: string; messageId: string };

  constructor(
    private readonly manager: EntityManager,
    private readonly row: MessageEntity,
  ) {
    this.key = { conversationId: row.conversationId, messageId: row.id };
  }

  async update(patch: MessagePatch, version: number): Promise<MessageEntity> {
    const { conversationId, id } = this.row;
    const values = { ...patch, version, changedAt: NOW } as QueryDeepPartialEntity<MessageEntity>;
    await this.manager.update(MessageEntity, { conversationId, id }, values);
    return this.manager.findOneByOrFail(MessageEntity, { conversationId, id });
  }

  /** Who has deleted it for themselves. */
  async hiddenFrom(): Promise<Set<string>> {
    const rows: { user_id: string }[] = await this.manager.query(
      'SELECT user_id FROM hidden_message WHERE conversation_id = $1 AND message_id = $2',
      [this.row.conversationId, this.row.id],
    );
    return new Set(rows.map((row) => row.user_id));
  }

  /** Replaces the rows by which mentions are counted. */
  async setMentions(userIds: readonly string[]): Promise<void> {
    const { conversationId, seq, mentions } = this.row;
    await this.manager.query(
      `DELETE FROM mention WHERE user_id = ANY($1::uuid[]) AND conversation_id = $2 AND seq = $3`,
      [mentions ?? [], conversationId, seq],
    );
    if (userIds.length === 0) return;
    await this.manager.query(
      'INSERT INTO mention (user_id, conversation_id, seq) SELECT unnest($1::uuid[]), $2, $3',
      [userIds, conversationId, seq],
    );
  }

  /** Keeps what it is now, before an edit. */
  async keepEdit(): Promise<void> {
    const { version, text, mentions } = this.row;
    await this.manager.insert(MessageEditEntity, { ...this.key, version, text, mentions });
  }

  /** Deletes what hangs on it. */
  async strip(): Promise<void> {
    await this.setMentions([]);
    await this.manager.delete(ReactionEntity, this.key);
    await this.manager.delete(MessageEditEntity, this.key);
  }

  async isOlderThan(seconds: number): Promise<boolean> {
    const [answer]: { late: boolean }[] = await this.manager.query(
      'SELECT clock_timestamp() > $1::timestamptz + make_interval(secs => $2) AS late',
      [this.row.createdAt, seconds],
    );
    return answer?.late === true;
  }
}
