import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Clock } from '../../common/clock';
import { Poller } from '../../common/poller';

/** Nobody needs to know to the second: one write for all uses of that time. */
const PAUSE_MS = 10_000;

/** Notes when keys were last used, so that one sees which nobody needs any more. */
@Injectable()
export class ApiKeyUses implements OnModuleInit, OnModuleDestroy {
  /** By key, milliseconds since 1970; only keys that exist come here. */
  private uses = new Map<string, { current: number | null; previous: number | null }>();
  private readonly poller = new Poller('noting uses of API keys', PAUSE_MS, () => this.write());

  constructor(
    @InjectDataSource() private readonly source: DataSource,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.poller.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.poller.stop();
    // The database may be away: then the last seconds are not noted.
    await this.write().catch(() => undefined);
  }

  note(keyId: string, which: 'current' | 'previous'): void {
    const use = this.uses.get(keyId) ?? { current: null, previous: null };
    use[which] = this.clock.now();
    this.uses.set(keyId, use);
  }

  async write(): Promise<void> {
    if (this.uses.size === 0) return;
    const uses = [...this.uses].sort(([a], [b]) => (a < b ? -1 : 1));
    this.uses = new Map();
    await this.source.query(
      `UPDATE api_key k SET last_used_at = greatest(k.last_used_at, u.current),
         previous_used_at = greatest(k.previous_used_at, u.previous)
       FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS u (id, current, previous)
       WHERE k.id = u.id`,
      [
        uses.map(([id]) => id),
        uses.map(([, { current }]) => current && new Date(current)),
        uses.map(([, { previous }]) => previous && new Date(previous)),
      ],
    );
  }
}
