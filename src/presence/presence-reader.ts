import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../common/clock';
import { ENV } from '../config/config.module';
import type { Env } from '../config/env';
import { derive, type Derived } from './presence-status';
import { PresenceStore, type Shown, UNSEEN } from './presence-store';

/** A user now, and what was last announced of them. */
export interface Reading extends Derived {
  readonly announced: Shown;
}

/** Reads what users are shown as at this moment. */
@Injectable()
export class PresenceReader {
  private readonly graceMs: number;

  constructor(
    @Inject(ENV) env: Env,
    private readonly clock: Clock,
    private readonly store: PresenceStore,
  ) {
    this.graceMs = env.presenceGraceSeconds * 1_000;
  }

  /** All of the users; those of whom nothing is stored are offline. Rejects when the store cannot tell. */
  async read(userIds: readonly string[]): Promise<Map<string, Reading>> {
    const records = await this.store.read(userIds);
    const now = this.clock.now();
    return new Map(
      userIds.map((userId) => {
        const record = records.get(userId);
        return [userId, { ...derive(record, now, this.graceMs), announced: record?.announced ?? UNSEEN }];
      }),
    );
  }
}
