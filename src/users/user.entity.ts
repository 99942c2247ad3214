import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An account. A deleted one keeps its row, so that what it wrote has a sender, and loses its names. */
@Entity('user')
@Index('user_username_prefix', { synchronize: false })
@Index('user_display_name_prefix', { synchronize: false })
@Index('user_deleting', ['deletionStartedAt'], {
  where: 'deletion_started_at IS NOT NULL AND deleted_at IS NULL',
})
export class UserEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'user_pkey' })
  id!: string;

  /** Lower case; null once deleted. */
  @Index('user_username', { unique: true })
  @Column({ type: 'varchar', length: 32, nullable: true })
  username!: string | null;

  @Column({ type: 'varchar', name: 'display_name', length: 64 })
  displayName!: string;

  /** Argon2id, as a PHC string; null once deleted. */
  @Column({
    type: 'varchar',
    name: 'password_hash',
    length: 255,
    nullable: true,
  })
  passwordHash!: string | null;

  /** Whether they act for the whole server; given by a command only. */
  @Column({ type: 'boolean', default: false })
  administrator!: boolean;

  @Column({
    type: 'timestamptz',
    name: 'created_at',
    precision: 3,
    default: () => 'now()',
  })
  createdAt!: Date;

  /** When the last connection ended. */
  @Column({
    type: 'timestamptz',
    name: 'last_seen_at',
    precision: 3,
    nullable: true,
  })
  lastSeenAt!: Date | null;

  /** Set first when an account is deleted; until `deletedAt` is set too there are steps left. */
  @Column({
    type: 'timestamptz',
    name: 'deletion_started_at',
    precision: 3,
    nullable: true,
  })
  deletionStartedAt!: Date | null;

  @Column({
    type: 'timestamptz',
    name: 'deleted_at',
    precision: 3,
    nullable: true,
  })
  deletedAt!: Date | null;
}
