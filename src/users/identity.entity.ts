import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Whom somebody of an outside issuer, or of the product itself, is here. It outlives the account. */
@Entity('identity')
export class IdentityEntity {
  @PrimaryColumn('varchar', { length: 255, primaryKeyConstraintName: 'identity_pkey' })
  issuer!: string;

  @PrimaryColumn('varchar', { length: 255, primaryKeyConstraintName: 'identity_pkey' })
  subject!: string;

  @Index('identity_user')
  @Column({ type: 'uuid', name: 'user_id' })
  userId!: string;

  /** As they were told last: a name that somebody chose here stays until what is told changes. */
  @Column({ type: 'varchar', name: 'username_claim', length: 255, nullable: true })
  usernameClaim!: string | null;

  @Column({ type: 'varchar', name: 'display_name_claim', length: 255, nullable: true })
  displayNameClaim!: string | null;

  /** When that was said; what is older changes nothing. */
  @Column({ type: 'timestamptz', name: 'claims_at', precision: 3 })
  claimsAt!: Date;

  /** Tokens issued before are refused: all sessions were ended then. */
  @Column({ type: 'timestamptz', name: 'valid_after', precision: 3, nullable: true })
  validAfter!: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'now()' })
  createdAt!: Date;
}
