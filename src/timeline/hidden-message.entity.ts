import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { bigintNumber } from '../common/transformers';

/** A message that one person has deleted for themselves. */
@Entity('hidden_message')
@Index('hidden_message_by_message', ['conversationId', 'messageId'])
@Index('hidden_message_changed', ['userId', 'changedXid'])
export class HiddenMessageEntity {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'hidden_message_pkey' })
  userId!: string;

  @PrimaryColumn('uuid', { name: 'conversation_id', primaryKeyConstraintName: 'hidden_message_pkey' })
  conversationId!: string;

  @PrimaryColumn('uuid', { name: 'message_id', primaryKeyConstraintName: 'hidden_message_pkey' })
  messageId!: string;

  @Column({ type: 'bigint', transformer: bigintNumber })
  seq!: number;

  /** The transaction that hid it, or hid it once more: what a sync reads. */
  @Column({ type: 'bigint', name: 'changed_xid', default: 0, transformer: bigintNumber })
  changedXid!: number;

  @Column({ type: 'timestamptz', name: 'hidden_at', precision: 3, default: () => 'now()' })
  hiddenAt!: Date;
}
