import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A way into a group for whoever has its token. */
@Entity('invite')
@Index('invite_of_conversation', ['conversationId'])
export class InviteEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'invite_pkey' })
  id!: string;

  @Column({ type: 'uuid', name: 'conversation_id' })
  conversationId!: string;

  /** SHA-256 of the token, of no use to who reads the database. */
  @Index('invite_token', { unique: true })
  @Column('bytea', { name: 'token_hash' })
  tokenHash!: Buffer;

  @Column({ type: 'uuid', name: 'created_by' })
  createdBy!: string;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3, nullable: true })
  expiresAt!: Date | null;

  @Column({ type: 'integer', name: 'max_uses', nullable: true })
  maxUses!: number | null;

  /** How many rows of invite_use it has. */
  @Column({ type: 'integer', default: 0 })
  uses!: number;

  @Column({ type: 'timestamptz', name: 'revoked_at', precision: 3, nullable: true })
  revokedAt!: Date | null;
}
