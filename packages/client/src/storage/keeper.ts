import type { Uuid } from '@parley/protocol';
import { host } from '../core/host';
import type { Runtime } from '../core/runtime';
import type { PendingMessage } from '../state/conversation-state';
import type { Replica } from '../state/replica';
import type { StoredConversation } from '../state/stored';
import type { ClientStorage } from './storage';

/** A form of what is stored that this version cannot read is not read. */
const FORMAT = 1;
const WRITE_MS = 1_000;
/** Of so many conversations, the latest written in, so many messages are stored; of others their line in the list. */
const CONVERSATIONS = 100;
const MESSAGES = 50;

const SELF = 'self';
const READS = 'reads';
const CONVERSATION = 'c:';
const OUTBOX = 'o:';

interface Self {
  format: number;
  userId: Uuid;
  cursor: string | null;
}

/** How a client keeps what it holds, as made by `keepIn`. */
export type Keeping = (runtime: Runtime, complain: (error: unknown) => void) => Keeper;

/** Keeps what a client holds in a storage: it survives a reload, what is on its way included. */
export function keepIn(storage: ClientStorage): Keeping {
  return (runtime, complain) => new Keeper(storage, runtime, complain);
}

/** What was stored, sorted out. */
export interface Kept {
  userId: Uuid;
  cursor: string | null;
  conversations: StoredConversation[];
  outbox: PendingMessage[];
  reads: Record<Uuid, number>;
}

/** Writes what has changed to the storage, some time later and all together. */
export class Keeper {
  /** Whether it writes what is held; messages on their way are written by whoever wrote them. */
  isLeading = false;
  readonly #dirty = new Set<Uuid>();
  readonly #others = new Map<string, unknown>();
  #replica: Replica | null = null;
  #cancel: (() => void) | null = null;
  #writing: Promise<void> = Promise.resolve();
  #isEnded = false;

  constructor(
    private readonly storage: ClientStorage,
    private readonly runtime: Runtime,
    private readonly complain: (error: unknown) => void,
  ) {}

  /** What is there, unless that is nothing. */
  async read(): Promise<Kept | undefined> {
    this.#isEnded = false;
    const entries = new Map<string, unknown>();
    try {
      for (const [key, value] of await this.storage.read()) entries.set(key, value);
    } catch (error) {
      this.complain(error);
    }
    const self = entries.get(SELF) as Self | undefined;
    if (self?.format !== FORMAT) return undefined;
    const conversations: StoredConversation[] = [];
    const outbox: [order: number, message: PendingMessage][] = [];
    for (const [key, value] of entries) {
      if (key.startsWith(CONVERSATION)) conversations.push(value as StoredConversation);
      if (key.startsWith(OUTBOX)) outbox.push(value as [number, PendingMessage]);
    }
    outbox.sort(([a], [b]) => a - b);
    return {
      ...{ userId: self.userId, cursor: self.cursor, conversations },
      outbox: outbox.map(([, message]) => message),
      reads: (entries.get(READS) ?? {}) as Kept['reads'],
    };
  }

  /** From here on this is what is kept. */
  hold(replica: Replica): void {
    this.#replica = replica;
  }

  /** All is to be written: whoever did so until now has gone. */
  lead(): void {
    this.isLeading = true;
    for (const id of this.#replica?.conversations.keys() ?? []) this.changed(id);
  }

  changed(id: Uuid): void {
    if (!this.isLeading) return;
    this.#dirty.add(id);
    this.#schedule(WRITE_MS);
  }

  /** A message on its way, or null when it has arrived or is given up. */
  pending(id: Uuid, message: PendingMessage | null, order: number): void {
    // Of whom nobody knows yet who they are, nothing is kept: somebody else may log in.
    if (!this.#replica?.userId) return;
    this.#others.set(OUTBOX + id, message ? [order, message] : undefined);
    this.#schedule(message ? 0 : WRITE_MS);
  }

  reads(reads: Record<Uuid, number>): void {
    if (!this.isLeading) return;
    this.#others.set(READS, reads);
    this.#schedule(WRITE_MS);
  }

  async clear(): Promise<void> {
    this.#dirty.clear();
    this.#others.clear();
    await this.flush();
    await this.storage.clear().catch(this.complain);
  }

  /** Writes what is left, and nothing after that. */
  async end(): Promise<void> {
    await this.flush();
    this.#isEnded = true;
    this.isLeading = false;
  }

  /** Writes at once; a page that is left may not come back. */
  flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    const entries = this.#collect();
    if (entries.length > 0) {
      this.#writing = this.#writing.then(() => this.storage.write(entries)).catch(this.complain);
    }
    return this.#writing;
  }

  #schedule(ms: number): void {
    if (this.#isEnded) return;
    if (ms === 0 || host.document?.visibilityState === 'hidden') {
      this.#cancel?.();
      this.#cancel = this.runtime.after(0, () => void this.flush());
    } else this.#cancel ??= this.runtime.after(ms, () => void this.flush());
  }

  #collect(): [string, unknown][] {
    const entries: [string, unknown][] = [...this.#others];
    this.#others.clear();
    const replica = this.#replica;
    if (replica && (this.#dirty.size > 0 || entries.length > 0) && !this.#isEnded) {
      const latest = latestOf(replica);
      for (const id of this.#dirty) {
        const held = replica.conversations.get(id);
        entries.push([CONVERSATION + id, held?.toJSON(latest.has(id) ? MESSAGES : 0)]);
      }
      // With what is held, never ahead of it: what comes after this cursor is asked for again.
      const self: Self = { format: FORMAT, userId: replica.userId, cursor: replica.cursor };
      if (this.isLeading && replica.userId !== '') entries.push([SELF, self]);
      this.#dirty.clear();
    }
    return entries;
  }
}

function latestOf(replica: Replica): Set<Uuid> {
  const held = [...replica.conversations.values()];
  const at = (id: Uuid) => replica.conversations.get(id)?.state().lastMessage?.createdAt ?? '';
  const ids = held.map(({ id }) => id);
  return new Set(ids.sort((a, b) => (at(a) < at(b) ? 1 : -1)).slice(0, CONVERSATIONS));
}
