import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One emoji that somebody has put on a message. */
@Entity('reaction')
@Index('reaction_order', ['conversationId', 'messageId', 'emoji', 'createdAt', 'userId'])
export class ReactionEntity {
  @PrimaryColumn('uuid', { name: 'conversation_id', primaryKeyConstraintName: 'reaction_pkey' })
  conversationId!: string;

  @PrimaryColumn('uuid', { name: 'message_id', primaryKeyConstraintName: 'reaction_pkey' })
  messageId!: string;

  @PrimaryColumn('varchar', { length: 64, primaryKeyConstraintName: 'reaction_pkey' })
  emoji!: string;

  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'reaction_pkey' })
  userId!: string;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'clock_timestamp()' })
  createdAt!: Date;
}
