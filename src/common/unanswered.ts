import { LRUCache } from 'lru-cache';

/** Requests that are remembered, about 200 bytes each. */
const MAX_REMEMBERED = 10_000;

/**
 * Remembers what may have been stored without anybody being told, because the database gave no answer.
 *
 * Who asked repeats it, and the repetition changes nothing: it is the first that can be told.
 */
export class Unanswered {
  private readonly keys = new LRUCache<string, true>({ max: MAX_REMEMBERED });

  /** Runs a request; `mayHaveBeen` says whether the same one ended without an answer before. */
  async run<T>(key: string, request: () => Promise<T>): Promise<{ result: T; mayHaveBeen: boolean }> {
    try {
      const result = await request();
      return { result, mayHaveBeen: this.keys.delete(key) };
    } catch (error) {
      this.keys.set(key, true);
      throw error;
    }
  }
}
