import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { bigintNumber } from '../common/transformers';

/** A start of a server; what it noted tells cursors of a future that a restored backup does not have. */
@Entity('sync_epoch')
export class SyncEpochEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'sync_epoch_pkey',
  })
  id!: number;

  @Index('sync_epoch_token', { unique: true })
  @Column({ type: 'uuid' })
  token!: string;

  /** The first transaction that had not begun then; null for a moment. */
  @Column({ type: 'bigint', name: 'started_xid', nullable: true, transformer: bigintNumber })
  startedXid!: number | null;
}
