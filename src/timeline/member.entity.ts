import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { MemberRole } from '@parley/protocol';
import { bigintNumber } from '../common/transformers';

/** Somebody in a conversation, and how far they have got in it. */
@Entity('member')
@Index('member_version', ['conversationId', 'version'])
@Index('member_left', ['userId', 'conversationId'], { where: 'left_at IS NOT NULL' })
@Index('member_of_user', ['userId', 'conversationId'], {
  where: 'left_at IS NULL',
})
export class MemberEntity {
  @PrimaryColumn('uuid', {
    name: 'conversation_id',
    primaryKeyConstraintName: 'member_pkey',
  })
  conversationId!: string;

  @PrimaryColumn('uuid', {
    name: 'user_id',
    primaryKeyConstraintName: 'member_pkey',
  })
  userId!: string;

  @Column({ type: 'varchar', length: 8, default: 'member' })
  role!: MemberRole;

  /** Messages up to and including this one are not shown to them. */
  @Column({
    type: 'bigint',
    name: 'joined_seq',
    default: 0,
    transformer: bigintNumber,
  })
  joinedSeq!: number;

  @Column({
    type: 'bigint',
    name: 'delivered_seq',
    default: 0,
    transformer: bigintNumber,
  })
  deliveredSeq!: number;

  @Column({
    type: 'bigint',
    name: 'read_seq',
    default: 0,
    transformer: bigintNumber,
  })
  readSeq!: number;

  /** The conversation's version at the last change that all members see; cursors do not count. */
  @Column({ type: 'bigint', default: 0, transformer: bigintNumber })
  version!: number;

  @Column({
    type: 'timestamptz',
    name: 'left_at',
    precision: 3,
    nullable: true,
  })
  leftAt!: Date | null;

  /** Who took them out; null of who left by themselves: those may come back by an invite. */
  @Column({ type: 'uuid', name: 'removed_by', nullable: true })
  removedBy!: string | null;

  /** The transaction of its last change, cursors included: what a sync reads. */
  @Column({ type: 'bigint', name: 'changed_xid', default: 0, transformer: bigintNumber })
  changedXid!: number;
}
