import { failure } from '../core/error';
import { host } from '../core/host';
import type { ClientStorage } from './storage';

/** What this package uses of IndexedDB. */
interface Request<T> {
  result: T;
  error: Error | null;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}
interface Entries {
  getAll(): Request<unknown[]>;
  getAllKeys(): Request<string[]>;
  put(value: unknown, key: string): unknown;
  delete(key: string): unknown;
  clear(): unknown;
}
interface Transaction {
  objectStore(name: string): Entries;
  error: Error | null;
  oncomplete: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
}
interface Database {
  createObjectStore(name: string): unknown;
  transaction(name: string, mode: 'readonly' | 'readwrite'): Transaction;
  close(): void;
  onversionchange: (() => void) | null;
}
interface Factory {
  open(name: string, version: number): Request<Database> & { onupgradeneeded: (() => void) | null };
}

const VERSION = 1;
const STORE = 'entries';

/** Keeps a client's state in the browser's IndexedDB, in a database of this name. */
export function indexedDbStorage({ name = 'parley' }: { name?: string } = {}): ClientStorage {
  let opening: Promise<Database> | null = null;
  const open = () =>
    (opening ??= openDatabase(name).then((database) => {
      // Another tab wants to delete or upgrade it.
      database.onversionchange = () => {
        database.close();
        opening = null;
      };
      return database;
    }));
  const within = async <T>(
    mode: 'readonly' | 'readwrite',
    work: (entries: Entries) => () => T,
  ): Promise<T> => {
    const transaction = (await open()).transaction(STORE, mode);
    const result = work(transaction.objectStore(STORE));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(cannot('use', name, transaction.error));
    });
    return result();
  };
  return {
    read: () =>
      within('readonly', (entries) => {
        const keys = entries.getAllKeys();
        const values = entries.getAll();
        return () => keys.result.map((key, index) => [key, values.result[index]] as const);
      }),
    write: (changes) =>
      within('readwrite', (entries) => {
        for (const [key, value] of changes) {
          if (value === undefined) entries.delete(key);
          else entries.put(value, key);
        }
        return () => undefined;
      }),
    clear: () =>
      within('readwrite', (entries) => {
        entries.clear();
        return () => undefined;
      }),
  };
}

function openDatabase(name: string): Promise<Database> {
  return new Promise((resolve, reject) => {
    const factory = host.indexedDB as Factory | undefined;
    if (!factory)
      return reject(failure('not_supported', `open the storage ${name}`, 'there is no IndexedDB'));
    const request = factory.open(name, VERSION);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(cannot('open', name, request.error));
  });
}

function cannot(what: string, name: string, error: Error | null) {
  return failure('not_supported', `${what} the storage ${name}`, error?.message ?? 'it was closed');
}
