import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintNumber } from '../common/transformers';

/** What a message was before an edit; kept where EDIT_HISTORY is on. */
@Entity('message_edit')
export class MessageEditEntity {
  @PrimaryColumn('uuid', { name: 'conversation_id', primaryKeyConstraintName: 'message_edit_pkey' })
  conversationId!: string;

  @PrimaryColumn('uuid', { name: 'message_id', primaryKeyConstraintName: 'message_edit_pkey' })
  messageId!: string;

  /** The message's version while it was so. */
  @PrimaryColumn('bigint', { transformer: bigintNumber, primaryKeyConstraintName: 'message_edit_pkey' })
  version!: number;

  @Column('text', { nullable: true })
  text!: string | null;

  @Column('uuid', { array: true, nullable: true })
  mentions!: string[] | null;

  /** When it was replaced. */
  @Column({ type: 'timestamptz', name: 'edited_at', precision: 3, default: () => 'clock_timestamp()' })
  editedAt!: Date;
}
