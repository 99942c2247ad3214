import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** One device on which somebody is logged in. */
@Entity('session')
@Index('session_user', ['userId'])
@Index('session_revoked', ['revokedAt'], { where: 'revoked_at IS NOT NULL' })
export class SessionEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'session_pkey' })
  id!: string;

  @Column({ type: 'uuid', name: 'user_id' })
  userId!: string;

  /** The client's own name for the device; logging in again on it ends the session before. */
  @Column({ type: 'uuid', name: 'device_id', nullable: true })
  deviceId!: string | null;

  @Column({ type: 'varchar', name: 'device_name', length: 100, nullable: true })
  deviceName!: string | null;

  /** SHA-256 of the refresh token that is good now; null where an outside issuer makes the tokens. */
  @Column('bytea', { name: 'refresh_hash', nullable: true })
  refreshHash!: Buffer | null;

  /** SHA-256 of the one before it, good for a short while after `rotatedAt`. */
  @Column('bytea', { name: 'previous_hash', nullable: true })
  previousHash!: Buffer | null;

  @Column({
    type: 'timestamptz',
    name: 'rotated_at',
    precision: 3,
    default: () => 'now()',
  })
  rotatedAt!: Date;

  @Column({
    type: 'timestamptz',
    name: 'created_at',
    precision: 3,
    default: () => 'now()',
  })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 })
  expiresAt!: Date;

  @Column({
    type: 'timestamptz',
    name: 'revoked_at',
    precision: 3,
    nullable: true,
  })
  revokedAt!: Date | null;
}
