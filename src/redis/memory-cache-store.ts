import type { KeyvStoreAdapter, StoredData } from 'keyv';
import { LRUCache } from 'lru-cache';

const MAX_ENTRIES = 20_000;
const MAX_CHARACTERS = 32 * 1024 * 1024;

/** The cache's entries in this process, as the JSON that Redis would hold; the least used make room. */
export class MemoryCacheStore implements KeyvStoreAdapter {
  readonly opts = {};
  namespace?: string | undefined;
  private readonly entries: LRUCache<string, string>;

  constructor(limits: { maxEntries?: number; maxCharacters?: number } = {}) {
    this.entries = new LRUCache({
      max: limits.maxEntries ?? MAX_ENTRIES,
      maxSize: limits.maxCharacters ?? MAX_CHARACTERS,
      sizeCalculation: (json, key) => json.length + key.length,
    });
  }

  async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
    const json = this.entries.get(key);
    return json === undefined ? undefined : (JSON.parse(json) as StoredData<Value>);
  }

  // Keyv keeps when an entry ends inside of it, and does not return it after that.
  async set(key: string, value: unknown): Promise<boolean> {
    this.entries.set(key, JSON.stringify(value));
    return true;
  }

  async delete(key: string): Promise<boolean> {
    return this.entries.delete(key);
  }

  async clear(): Promise<void> {
    this.entries.clear();
  }

  on(): this {
    return this;
  }
}
