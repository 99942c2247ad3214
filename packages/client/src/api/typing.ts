import { TYPING_SECONDS, type Uuid } from '@parley/protocol';
import type { Runtime } from '../core/runtime';
import { type Readable, Store } from '../core/store';
import type { Link, Push } from '../wire/link';

/** While somebody writes, it is told again this often. */
const AGAIN_MS = (TYPING_SECONDS - 2) * 1_000;
const NOBODY: readonly Uuid[] = [];

/** Who writes where, and where I do. */
export class Typing {
  /** By conversation and user, what ends it. */
  readonly #writers = new Map<Uuid, Map<Uuid, () => void>>();
  readonly #stores = new Map<Uuid, Store<readonly Uuid[]>>();
  /** Conversations in which I write: when it was told, and what ends it. */
  readonly #mine = new Map<Uuid, { toldAt: number; cancel: () => void }>();
  link: Link | null = null;

  constructor(
    private readonly runtime: Runtime,
    private readonly tell: (conversationId: Uuid, userIds: readonly Uuid[]) => void,
  ) {}

  /** Ids of those who write in a conversation, the latest last. */
  in(conversationId: Uuid): Readable<readonly Uuid[]> {
    let store = this.#stores.get(conversationId);
    if (!store) {
      store = new Store(() => {
        const writers = this.#writers.get(conversationId);
        return writers && writers.size > 0 ? [...writers.keys()] : NOBODY;
      });
      this.#stores.set(conversationId, store);
    }
    return store;
  }

  /** I write, or have stopped; to be called with each change of the text. */
  set(conversationId: Uuid, on: boolean): void {
    const { runtime } = this;
    const before = this.#mine.get(conversationId);
    before?.cancel();
    this.#mine.delete(conversationId);
    if (!on) {
      if (before) this.#send(conversationId, false);
      return;
    }
    const isDue = !before || runtime.now() - before.toldAt >= AGAIN_MS;
    if (isDue) this.#send(conversationId, true);
    const cancel = runtime.after(AGAIN_MS, () => this.set(conversationId, false));
    this.#mine.set(conversationId, { toldAt: isDue ? runtime.now() : before.toldAt, cancel });
  }

  pushed(push: Push): void {
    if (push.event === 'typing.changed') {
      const { conversationId, userId, on } = push.data;
      this.#change(conversationId, userId, on);
    } else if (push.event === 'message.created') {
      this.#change(push.data.message.conversationId, push.data.message.senderId, false);
    }
  }

  /** What others do is not known any more. */
  down(): void {
    this.link = null;
    for (const [id, writers] of this.#writers)
      for (const userId of [...writers.keys()]) this.#change(id, userId, false);
  }

  #send(conversationId: Uuid, on: boolean): void {
    // Of no use later: when there is no link, nobody hears of it.
    void this.link?.request('typing.set', { conversationId, on }).catch(() => undefined);
  }

  #change(conversationId: Uuid, userId: Uuid, on: boolean): void {
    const writers = this.#writers.get(conversationId) ?? new Map<Uuid, () => void>();
    const before = writers.get(userId);
    if (!on && !before) return;
    before?.();
    if (on) {
      const end = this.runtime.after(TYPING_SECONDS * 1_000, () =>
        this.#change(conversationId, userId, false),
      );
      this.#writers.set(conversationId, writers.set(userId, end));
      if (before) return;
    } else writers.delete(userId);
    if (writers.size === 0) this.#writers.delete(conversationId);
    this.#stores.get(conversationId)?.changed();
    this.tell(conversationId, [...writers.keys()]);
  }
}
