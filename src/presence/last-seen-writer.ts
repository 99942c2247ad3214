import { Injectable, Logger } from '@nestjs/common';
import { UsersService } from '../users/users.service';

const BATCH = 1_000;
/** Users who may wait for the database; beyond, who waits the longest is dropped. */
const MAX_WAITING = 20_000;

/** Stores when people were last seen, in batches; what the database does not take is tried again. */
@Injectable()
export class LastSeenWriter {
  private readonly log = new Logger(LastSeenWriter.name);
  private readonly waiting = new Map<string, Date>();
  private running: Promise<void> | null = null;
  private failing = false;

  constructor(private readonly users: UsersService) {}

  add(userId: string, at: number): void {
    this.waiting.delete(userId);
    this.waiting.set(userId, new Date(at));
    for (const oldest of this.waiting.keys()) {
      if (this.waiting.size <= MAX_WAITING) break;
      this.waiting.delete(oldest);
    }
  }

  /** Writes what waits; never rejects. */
  flush(): Promise<void> {
    return (this.running ??= this.run().finally(() => (this.running = null)));
  }

  private async run(): Promise<void> {
    while (this.waiting.size > 0) {
      const batch = [...this.waiting].slice(0, BATCH);
      try {
        await this.users.touchLastSeen(batch.map(([userId, at]) => ({ userId, at })));
      } catch (error) {
        this.failed(error);
        return;
      }
      this.failing = false;
      for (const [userId, at] of batch) if (this.waiting.get(userId) === at) this.waiting.delete(userId);
    }
  }

  private failed(error: unknown): void {
    if (this.failing) return;
    this.failing = true;
    this.log.warn(`Last seen cannot be stored now, trying again: ${String(error)}`);
  }
}
