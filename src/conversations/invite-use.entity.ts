import { Entity, PrimaryColumn } from 'typeorm';

/** That somebody has come by an invite: who comes again by it is not counted again. */
@Entity('invite_use')
export class InviteUseEntity {
  @PrimaryColumn('uuid', { name: 'invite_id', primaryKeyConstraintName: 'invite_use_pkey' })
  inviteId!: string;

  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'invite_use_pkey' })
  userId!: string;
}
