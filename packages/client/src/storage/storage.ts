/**
 * Where a client keeps what it holds while it is not running: entries of plain data, by key.
 *
 * One storage belongs to one person; what it holds is replaced when somebody else logs in.
 */
export interface ClientStorage {
  /** All that is there. */
  read(): Promise<Iterable<readonly [key: string, value: unknown]>>;
  /** Writes entries, and removes those that are undefined: all at once, or none. */
  write(entries: readonly (readonly [key: string, value: unknown])[]): Promise<void>;
  clear(): Promise<void>;
}

/** Keeps everything as long as the program runs: for tests, bots, and where nothing may be left behind. */
export function memoryStorage(): ClientStorage {
  const held = new Map<string, unknown>();
  return {
    read: async () => [...held],
    write: async (entries) => {
      // As plain data, as every other storage has it.
      for (const [key, value] of entries) {
        if (value === undefined) held.delete(key);
        else held.set(key, JSON.parse(JSON.stringify(value)));
      }
    },
    clear: async () => held.clear(),
  };
}
