import type { Readable } from '@parley/client';

/** A value that is set, as a store like those of the client. */
export class Cell<T> implements Readable<T> {
  readonly #listeners = new Set<() => void>();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  readonly getSnapshot = (): T => this.#value;

  readonly subscribe = (listener: () => void): (() => void) => {
    const own = () => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  };

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** A cell that the browser keeps; a value that is not one of its kind any more is taken for the default. */
export function keptCell<T>(key: string, fallback: T, isValid: (value: unknown) => value is T): Cell<T> {
  const cell = new Cell(readKept(key, fallback, isValid));
  cell.subscribe(() => writeKept(key, cell.getSnapshot()));
  return cell;
}

/** What the browser keeps under a key; the fallback where that is nothing of its kind. */
export function readKept<T>(key: string, fallback: T, isValid: (value: unknown) => value is T): T {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    return isValid(value) ? value : fallback;
  } catch {
    return fallback;
  }
}

/** Keeps a value over reloads; a browser that keeps nothing forgets it with the page. */
export function writeKept(key: string, value: unknown): void {
  try {
    if (value === null || value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // full, or switched off
  }
}
