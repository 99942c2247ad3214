import { guarded } from './emitter';

/** A value that changes, as `useSyncExternalStore` wants it: both functions may be handed on as they are. */
export interface Readable<T> {
  /** The value now; the same object until it changes. */
  readonly getSnapshot: () => T;
  /** Calls after each change, once for all changes of a moment; returns what ends it. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** A value that is worked out when somebody asks, and kept until it is told to have changed. */
export class Store<T> implements Readable<T> {
  readonly #listeners = new Set<() => void>();
  #kept: { value: T } | null = null;
  #isTelling = false;

  /**
   * @param compute Works the value out; may give the same object again when nothing has changed.
   * @param watched Told when the first subscriber comes and when the last one goes.
   */
  constructor(
    private readonly compute: () => T,
    private readonly watched: (isWatched: boolean) => void = () => undefined,
  ) {}

  readonly getSnapshot = (): T => {
    this.#kept ??= { value: this.compute() };
    return this.#kept.value;
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    // Each subscription is one of its own, also of the same function.
    const own = () => listener();
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.watched(true);
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.watched(false);
    };
  };

  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  /** The value is another one from here on; subscribers hear of it in a moment. */
  changed(): void {
    this.#kept = null;
    if (this.#isTelling || this.#listeners.size === 0) return;
    this.#isTelling = true;
    void Promise.resolve().then(() => {
      this.#isTelling = false;
      for (const listener of [...this.#listeners]) guarded(listener);
    });
  }
}

/** Resolves with the value as soon as it suits. */
export function until<T, S extends T>(store: Readable<T>, suits: (value: T) => value is S): Promise<S>;
export function until<T>(store: Readable<T>, suits: (value: T) => boolean): Promise<T>;
export function until<T>(store: Readable<T>, suits: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const look = (): boolean => {
      const value = store.getSnapshot();
      const isThere = suits(value);
      if (isThere) resolve(value);
      return isThere;
    };
    if (look()) return;
    const end = store.subscribe(() => {
      if (look()) end();
    });
  });
}
