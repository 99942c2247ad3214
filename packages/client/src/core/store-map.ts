import { type Readable, Store } from './store';

/** Of those that nobody watches so many are kept. */
const MOST_UNWATCHED = 2_000;

/** A store per key, made when somebody asks; the same one as long as somebody watches it. */
export class StoreMap<T> {
  readonly #stores = new Map<string, Store<T>>();

  /**
   * @param compute Works out the value of a key.
   * @param watched Told when somebody begins to watch a key, and when nobody does any more.
   */
  constructor(
    private readonly compute: (key: string) => T,
    private readonly watched: (key: string, isWatched: boolean) => void = () => undefined,
  ) {}

  of(key: string): Readable<T> {
    let store = this.#stores.get(key);
    if (!store) {
      store = new Store(
        () => this.compute(key),
        (isWatched) => this.watched(key, isWatched),
      );
      if (this.#stores.size >= MOST_UNWATCHED) this.#forgetOne();
      this.#stores.set(key, store);
    }
    return store;
  }

  changed(key: string): void {
    this.#stores.get(key)?.changed();
  }

  changedAll(): void {
    for (const store of this.#stores.values()) store.changed();
  }

  get watchedKeys(): string[] {
    return [...this.#stores].filter(([, store]) => store.isWatched).map(([key]) => key);
  }

  #forgetOne(): void {
    for (const [key, store] of this.#stores) {
      if (!store.isWatched) return void this.#stores.delete(key);
    }
  }
}
