import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ConversationKind } from '@parley/protocol';
import { bigintNumber } from '../common/transformers';

/** A direct conversation of two, or a group. */
@Entity('conversation')
export class ConversationEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'conversation_pkey' })
  id!: string;

  @Column({ type: 'varchar', length: 8 })
  kind!: ConversationKind;

  @Column({ type: 'varchar', length: 100, nullable: true })
  title!: string | null;

  /** Both user ids of a direct conversation, in order: two at once making it get one. */
  @Index('conversation_direct_key', { unique: true })
  @Column({ type: 'varchar', name: 'direct_key', length: 73, nullable: true })
  directKey!: string | null;

  @Column({ type: 'boolean', name: 'history_visible', default: false })
  historyVisible!: boolean;

  @Column({ type: 'uuid', name: 'created_by' })
  createdBy!: string;

  /** What a retry of its creation is held against. */
  @Column('bytea', { name: 'request_hash', nullable: true })
  requestHash!: Buffer | null;

  @Column({
    type: 'bigint',
    name: 'last_seq',
    default: 0,
    transformer: bigintNumber,
  })
  lastSeq!: number;

  @Column({ type: 'bigint', default: 0, transformer: bigintNumber })
  version!: number;

  /** Who is in it now; kept by MemberRows, because counting them costs a look at each. */
  @Column({ type: 'integer', name: 'member_count', default: 0 })
  memberCount!: number;

  /** The version of the last change of its members: who was held against an older one is asked for again. */
  @Column({ type: 'bigint', name: 'members_version', default: 0, transformer: bigintNumber })
  membersVersion!: number;

  @Column({
    type: 'timestamptz',
    name: 'created_at',
    precision: 3,
    default: () => 'now()',
  })
  createdAt!: Date;

  /** When something was last written in it; the order of conversation lists. */
  @Column({
    type: 'timestamptz',
    name: 'active_at',
    precision: 3,
    default: () => 'now()',
  })
  activeAt!: Date;

  /** The transaction of its last change: what a sync reads. */
  @Column({ type: 'bigint', name: 'changed_xid', default: 0, transformer: bigintNumber })
  changedXid!: number;
}
