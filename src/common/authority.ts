import { Injectable } from '@nestjs/common';
import type { Actor } from './actor';
import { DomainError } from './domain-error';

/** A look at the feeds that takes longer has failed: the database is away, or this process stood still. */
const STALE_MS = 5_000;

/**
 * Whether this process may judge who may do what.
 *
 * It judges from memory, and what others have taken back it learns by reading feeds again and again. While
 * it cannot read them it knows nothing, and lets nobody do anything: whatever it could do needs the database
 * anyhow, but for what is told to others.
 */
@Injectable()
export class Authority {
  /** By feed, when what was read of it last was asked for, by the monotonic clock. */
  private readonly readAt = new Map<object, number>();
  private ended: (sessionId: string) => boolean = () => false;

  /** Has a feed counted among those that must have been read a moment ago; returns how to read it. */
  feed<T>(read: () => Promise<T>): () => Promise<T> {
    this.readAt.set(read, performance.now());
    return async () => {
      const askedAt = performance.now();
      const found = await read();
      this.readAt.set(read, askedAt);
      return found;
    };
  }

  /** Has sessions asked for there. */
  knowEnded(ended: (sessionId: string) => boolean): void {
    this.ended = ended;
  }

  isCurrent(): boolean {
    const oldest = performance.now() - STALE_MS;
    for (const readAt of this.readAt.values()) if (readAt < oldest) return false;
    return true;
  }

  /** Refuses whose session has ended, and everybody while that cannot be known. */
  require({ sessionId }: Pick<Actor, 'sessionId'>): void {
    if (this.ended(sessionId)) throw new DomainError('session_revoked');
    if (!this.isCurrent()) throw new DomainError('unavailable');
  }
}
