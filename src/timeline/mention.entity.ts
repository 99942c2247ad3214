import { Entity, PrimaryColumn } from 'typeorm';
import { bigintNumber } from '../common/transformers';

/** Somebody mentioned in a message; goes with the mention, so that what is left can be counted. */
@Entity('mention')
export class MentionEntity {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'mention_pkey' })
  userId!: string;

  @PrimaryColumn('uuid', { name: 'conversation_id', primaryKeyConstraintName: 'mention_pkey' })
  conversationId!: string;

  @PrimaryColumn('bigint', { transformer: bigintNumber, primaryKeyConstraintName: 'mention_pkey' })
  seq!: number;
}
