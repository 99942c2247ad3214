import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** How one person stands to another; a friendship is two rows, a request or a block one. */
@Entity('contact')
@Index('contact_to_user', ['contactId', 'state'])
export class ContactEntity {
  @PrimaryColumn('uuid', {
    name: 'user_id',
    primaryKeyConstraintName: 'contact_pkey',
  })
  userId!: string;

  @PrimaryColumn('uuid', {
    name: 'contact_id',
    primaryKeyConstraintName: 'contact_pkey',
  })
  contactId!: string;

  @Column({ type: 'varchar', length: 16 })
  state!: 'requested' | 'accepted' | 'blocked';

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  since!: Date;
}
