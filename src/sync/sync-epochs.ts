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
const HISTORY = `left(pg_walfile_name(pg_current_wal_lsn()), 8) || '-' ||
  (SELECT system_identifier FROM pg_control_system()) || '-' ||
  'sync_epoch'::regclass::oid || '-' || pg_relation_filenode('sync_epoch')`;

// pg_snapshot_xmin: every transaction before it has ended, so no late one is missed.
const NOW = `
  SELECT (SELECT token FROM sync_epoch ORDER BY id DESC LIMIT 1) || ':' || ${HISTORY} AS epoch,
    pg_snapshot_xmin(pg_current_snapshot())::text AS xmin`;

const KNOWS = `
  SELECT ${HISTORY} = $2
    AND $3::bigint <= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    AND $3::bigint <= coalesce((
      SELECT next.started_xid FROM sync_epoch next
      WHERE next.id > mine.id AND next.started_xid IS NOT NULL ORDER BY next.id LIMIT 1), $3::bigint) AS known
  FROM sync_epoch mine WHERE mine.token = $1`;

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

  async onApplicationBootstrap(): Promise<void> {
    await this.begin();
  }

  /** The mark of this moment, to be taken before what it stands for is read. */
  async now(): Promise<Mark> {
    const [row]: [{ epoch: string; xmin: string }] = await this.source.query(NOW);
    return { epoch: row.epoch, xid: Number(row.xmin) };
  }

  /** Whether the database still has the history that a mark was taken in. */
  async knows({ epoch, xid }: Mark): Promise<boolean> {
    const [token, history] = epoch.split(':');
    const [row]: { known: boolean }[] = await this.source.query(KNOWS, [token, history, xid]);
    return row?.known ?? false;
  }

  /**
   * Begins an epoch, and notes only after its commit which transaction comes next: a mark with the epoch
   * before was taken when this one was not to be seen yet, so its transaction is before that.
   */
  private async begin(): Promise<void> {
    const token = newId();
    await this.source.query('INSERT INTO sync_epoch (token) VALUES ($1)', [token]);
    await this.source.query(
      `UPDATE sync_epoch SET started_xid = pg_snapshot_xmax(pg_current_snapshot())::text::bigint
       WHERE token = $1`,
      [token],
    );
  }
}
