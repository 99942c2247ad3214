import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { bigintNumber } from '../common/transformers';

/** An entry of a conversation's timeline. */
@Entity('message')
@Index('message_seq', ['conversationId', 'seq'], { unique: true })
export class MessageEntity {
  @PrimaryColumn('uuid', {
    name: 'conversation_id',
    primaryKeyConstraintName: 'message_pkey',
  })
  conversationId!: string;

  /** Made by the client; a retry with it is stored once. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'message_pkey' })
  id!: string;

  /** What a retry is held against; null on the server's own entries. */
  @Column('bytea', { name: 'request_hash', nullable: true })
  requestHash!: Buffer | null;

  @Column({ type: 'bigint', transformer: bigintNumber })
  seq!: number;

  @Column({ type: 'bigint', transformer: bigintNumber })
  version!: number;

  @Column({ type: 'uuid', name: 'sender_id' })
  senderId!: string;

  @Column({ type: 'varchar', length: 32 })
  kind!: string;

  @Column('text', { nullable: true })
  text!: string | null;

  @Column('jsonb', { nullable: true })
  metadata!: Record<string, unknown> | null;

  @Column({ type: 'uuid', array: true, nullable: true })
  mentions!: string[] | null;

  @Column({
    type: 'timestamptz',
    name: 'created_at',
    precision: 3,
    default: () => 'now()',
  })
  createdAt!: Date;
}
