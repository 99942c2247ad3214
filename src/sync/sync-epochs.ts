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

/**
 * SQL of a statement's own moment: `epoch` and `xid` are the mark that what it reads is as of.
 *
 * Every transaction before that xid has ended, so no late one is missed.
 */
export const NOW = `
  SELECT (SELECT token FROM sync_epoch ORDER BY id DESC LIMIT 1) || ':' || history AS epoch, history,
    pg_snapshot_xmin(snapshot)::text::bigint AS xid, pg_snapshot_xmax(snapshot)::text::bigint AS next_xid
  FROM (SELECT ${HISTORY} AS history, pg_current_snapshot() AS snapshot) moment`;

/** SQL of whether the database, as it is `now`, still has the history that a mark was taken in. */
export const isKnown = (epoch: string, xid: string) => `
  coalesce((
    SELECT now.history = split_part(${epoch}, ':', 2) AND ${xid} <= now.next_xid
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
