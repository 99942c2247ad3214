import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { newId } from '../common/ids';

/** Up to where a client has got: what transactions before `xid` did, in a history of this epoch. */
export interface Mark {
  /** Token of the epoch, and the timeline of PostgreSQL, which a promoted standby changes. */
  epoch: string;
  xid: number;
}

// pg_snapshot_xmin: every transaction before it has ended, so no late one is missed.
const NOW = `
  SELECT (SELECT token FROM sync_epoch ORDER BY id DESC LIMIT 1) || ':' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
      AS epoch,
    pg_snapshot_xmin(pg_current_snapshot())::text AS xmin`;

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
    const [token, timeline] = epoch.split(':');
    const [row]: { known: boolean }[] = await this.source.query(
      `SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8) = $2
         AND $3::bigint <= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
         AND $3::bigint <= coalesce(
           (SELECT started_xid FROM sync_epoch next WHERE next.id > mine.id ORDER BY next.id LIMIT 1), $3::bigint)
         AS known
       FROM sync_epoch mine WHERE mine.token = $1`,
      [token, timeline, xid],
    );
    return row?.known ?? false;
  }

  private async begin(): Promise<void> {
    await this.source.transaction('READ COMMITTED', async (manager) => {
      // Whoever takes a mark reads this table: no mark is taken between the look and the commit.
      await manager.query('LOCK TABLE sync_epoch IN ACCESS EXCLUSIVE MODE');
      await manager.query(
        `INSERT INTO sync_epoch (token, started_xid)
         SELECT $1, pg_snapshot_xmax(pg_current_snapshot())::text::bigint`,
        [newId()],
      );
    });
  }
}
