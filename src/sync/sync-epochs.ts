import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { newId } from '../common/ids';

/** Up to where a client has got: what transactions before `xid` did, in a history of this epoch. */
export interface Mark {
  /** Token of the epoch, and what tells the database from another one. */
  epoch: string;
  xid: number;
}

// What changes when the database becomes another one: the timeline (a standby was promoted, a point in time was
// recovered), the cluster, and the table's own identity (a dump was restored).
const HISTORY = `(left(pg_walfile_name(pg_current_wal_lsn()), 8) || '-' ||
  (SELECT system_identifier FROM pg_control_system()) || '-' ||
  'sync_epoch'::regclass::oid || '-' || pg_relation_filenode('sync_epoch'))`;

/** SQL of the epoch and xid of a statement's own moment: what it reads is as of this mark. */
export const MARK = {
  epoch: `((SELECT token FROM sync_epoch ORDER BY id DESC LIMIT 1) || ':' || ${HISTORY})`,
  // Every transaction before it has ended, so no late one is missed.
  xid: 'pg_snapshot_xmin(pg_current_snapshot())::text::bigint',
};

/** SQL of whether the database still has the history that a mark was taken in. */
export const isKnown = (epoch: string, xid: string) => `
  coalesce((
    SELECT ${HISTORY} = split_part(${epoch}, ':', 2)
      AND ${xid} <= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
      AND ${xid} <= coalesce((
        SELECT next.started_xid FROM sync_epoch next
        WHERE next.id > mine.id AND next.started_xid IS NOT NULL ORDER BY next.id LIMIT 1), ${xid})
    FROM sync_epoch mine WHERE mine.token = split_part(${epoch}, ':', 1)::uuid), false)`;

/**
 * Recognises cursors of a history that the database does not have any more.
 *
 * Every start of a server begins an epoch and notes which transaction comes next. A cursor carries the
 * latest epoch of its time, so its transaction cannot be beyond the start of the epoch after. In a database
 * that was restored from a backup it can: what was committed in between is gone, and the client starts afresh.
 */
@Injectable()
export class SyncEpochs implements OnApplicationBootstrap {
  constructor(@InjectDataSource() private readonly source: DataSource) {}

  /**
   * Begins an epoch, and notes only after its commit which transaction comes next: a mark with the epoch
   * before was taken when this one was not to be seen yet, so its transaction is before that.
   */
  async onApplicationBootstrap(): Promise<void> {
    const token = newId();
    await this.source.query('INSERT INTO sync_epoch (token) VALUES ($1)', [token]);
    await this.source.query(
      `UPDATE sync_epoch SET started_xid = pg_snapshot_xmax(pg_current_snapshot())::text::bigint
       WHERE token = $1`,
      [token],
    );
  }
}
