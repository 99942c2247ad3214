import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A key by which the product's own servers act; the secret itself is known to its holder only. */
@Entity('api_key')
@Index('api_key_name', ['name'], { unique: true, where: 'revoked_at IS NULL' })
export class ApiKeyEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'api_key_pkey' })
  id!: string;

  @Column({ type: 'varchar', length: 64 })
  name!: string;

  @Column({ type: 'varchar', array: true })
  scopes!: string[];

  /** SHA-256 of the key that is good now. */
  @Column('bytea', { name: 'secret_hash' })
  secretHash!: Buffer;

  /** SHA-256 of the one before, good until `previousUntil`. */
  @Column('bytea', { name: 'previous_hash', nullable: true })
  previousHash!: Buffer | null;

  @Column({ type: 'timestamptz', name: 'previous_until', precision: 3, nullable: true })
  previousUntil!: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3, nullable: true })
  expiresAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'last_used_at', precision: 3, nullable: true })
  lastUsedAt!: Date | null;

  /** Of the one before: whether somebody still has to change over. */
  @Column({ type: 'timestamptz', name: 'previous_used_at', precision: 3, nullable: true })
  previousUsedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'revoked_at', precision: 3, nullable: true })
  revokedAt!: Date | null;
}
