import { LRUCache } from 'lru-cache';
import type { DataSource } from 'typeorm';
import type { Commit } from '../common/commit';
import { FeedCursor } from './feed-cursor';

/** By then no network brings the database a statement any more that was on its way when its connection was lost. */
const LOST_MS = 300_000;

/** Conversations that are looked for at once: what is in flight is less by far. */
const MAX_DOUBTED = 100_000;

/** Finds in the feed what this process has committed without getting the answer. */
export class LostAnswers {
  /** Conversations, and when an answer for them was lost, by the monotonic clock. */
  private readonly doubted = new LRUCache<string, number>({ max: MAX_DOUBTED });
  private cursor: FeedCursor | undefined;

  constructor(
    private readonly source: DataSource,
    private readonly nodeId: string,
  ) {}

  /** `position`: a transaction before which they were not committed. */
  add(conversationIds: Iterable<string>, position: string): void {
    const now = performance.now();
    for (const id of conversationIds) this.doubted.set(id, now);
    const before = this.cursor?.from ?? position;
    const from = BigInt(before) < BigInt(position) ? before : position;
    // Always another: a reading under way does not ask for these, and leaves behind what it has passed.
    this.cursor = new FeedCursor(this.source, 'node = $2 AND conversation_ids && $3::uuid[]', from);
  }

  /** What has come to light since the last reading, beside what was answered in the same conversations. */
  async read(): Promise<Commit[]> {
    const { cursor } = this;
    if (!cursor) return [];
    const now = performance.now();
    const commits = await cursor.read([this.nodeId, [...this.doubted.keys()]]);
    // Only now: while the database is away nothing is known.
    for (const [id, since] of this.doubted.entries()) if (now - since > LOST_MS) this.doubted.delete(id);
    if (this.doubted.size === 0 && this.cursor === cursor) this.cursor = undefined;
    return commits;
  }
}
