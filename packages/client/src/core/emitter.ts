/** Tells listeners of typed events. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(data: never) => void>>();

  /** Listens to an event; returns what ends it. */
  on<E extends keyof Events>(event: E, listener: (data: Events[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  emit<E extends keyof Events>(event: E, data: Events[E]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) guarded(() => listener(data as never));
  }
}

/** Runs the app's code: what it throws is told as an unhandled rejection, and breaks nothing here. */
export function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    void Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }
}
