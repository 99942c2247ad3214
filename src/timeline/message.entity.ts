import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Reaction } from '@parley/protocol';
import { bigintNumber } from '../common/transformers';

/** An entry of a conversation's timeline. */
@Entity('message')
@Index('message_seq', ['conversationId', 'seq'], { unique: true })
@Index('message_changed', ['conversationId', 'version'], { where: 'changed_at IS NOT NULL' })
@Index('message_pinned', ['conversationId', 'pinnedAt'], { where: 'pinned_at IS NOT NULL' })
@Index('message_mentions_all', ['conversationId', 'seq'], { where: 'mentions_all' })
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

  /** Whether everybody is mentioned. */
  @Column('boolean', { name: 'mentions_all', default: false })
  mentionsAll!: boolean;

  /** The message that it answers. */
  @Column('uuid', { name: 'reply_to', nullable: true })
  replyTo!: string | null;

  /** Summed up from the rows of ReactionEntity; null when there are none. */
  @Column('jsonb', { nullable: true })
  reactions!: Reaction[] | null;

  @Column({
    type: 'timestamptz',
    name: 'created_at',
    precision: 3,
    default: () => 'now()',
  })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'edited_at', precision: 3, nullable: true })
  editedAt!: Date | null;

  /** Deleted for everyone: the row keeps its seq, the body is gone. */
  @Column({ type: 'timestamptz', name: 'deleted_at', precision: 3, nullable: true })
  deletedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'pinned_at', precision: 3, nullable: true })
  pinnedAt!: Date | null;

  @Column({ type: 'uuid', name: 'pinned_by', nullable: true })
  pinnedBy!: string | null;

  /** When it last changed after it was written. */
  @Column({ type: 'timestamptz', name: 'changed_at', precision: 3, nullable: true })
  changedAt!: Date | null;
}
