import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Leave to choose a new password, once; at most one per user. */
@Entity('password_reset')
export class PasswordResetEntity {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'password_reset_pkey' })
  userId!: string;

  /** SHA-256 of the token. */
  @Column('bytea', { name: 'token_hash' })
  tokenHash!: Buffer;

  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 })
  expiresAt!: Date;
}
