import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Poller } from '../common/poller';

const PAUSE_MS = 30 * 60_000;
const BATCH = 1_000;
const MAX_BATCHES = 20;
/** Longer than an access token can live, and long enough to look into what happened. */
const KEEP = '3 days';
/** An outside issuer may go on with its own session of that name, and make tokens for it. */
const KEEP_OUTSIDE = '90 days';

/** Deletes sessions that ended long ago, a bounded number at a time. */
@Injectable()
export class SessionPurge implements OnModuleInit, OnModuleDestroy {
  private readonly poller = new Poller('purging ended sessions', PAUSE_MS, () => this.run());

  constructor(@InjectDataSource() private readonly source: DataSource) {}

  onModuleInit(): void {
    this.poller.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.poller.stop();
  }

  async run(): Promise<void> {
    await this.purge(`revoked_at < now() - interval '${KEEP}' AND refresh_hash IS NOT NULL`);
    await this.purge(`revoked_at < now() - interval '${KEEP_OUTSIDE}' AND refresh_hash IS NULL`);
    await this.purge(`expires_at < now() - interval '${KEEP}' AND revoked_at IS NULL`);
  }

  private async purge(condition: string): Promise<void> {
    for (let batch = 0; batch < MAX_BATCHES; batch++) {
      const rows: unknown[] = await this.source.query(
        `WITH gone AS (
           DELETE FROM session WHERE id IN (
             SELECT id FROM session WHERE ${condition} LIMIT ${BATCH}
           ) RETURNING 1
         ) SELECT FROM gone`,
      );
      if (rows.length < BATCH) return;
    }
  }
}
