import type { FetchLike } from '../wire/rest';
import { host } from './host';

/** Time and chance, so that tests can rule both. */
export interface Runtime {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 up to, but not including, 1. */
  readonly random: () => number;
  /** Runs something later, once; returns what cancels it. */
  readonly after: (ms: number, run: () => void) => () => void;
}

export const systemRuntime: Runtime = {
  now: () => Date.now(),
  random: () => Math.random(),
  after: (ms, run) => {
    const timer = host.setTimeout(run, ms);
    return () => host.clearTimeout(timer);
  },
};

/** Resolves after a while. */
export function pause(runtime: Runtime, ms: number): Promise<void> {
  return new Promise((resolve) => runtime.after(ms, resolve));
}

/** What a promise comes to, or `late()` thrown when that takes too long. */
export function within<T>(runtime: Runtime, ms: number, promise: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = runtime.after(ms, () => reject(late()));
    promise.then(resolve, reject).finally(cancel);
  });
}

/** A `fetch` whose requests end after so long, or all at once when told; on a dead link none ever would. */
export function endingFetch(
  runtime: Runtime,
  fetch: FetchLike,
  ms: number,
): { fetch: FetchLike; end: () => void } {
  const underWay = new Set<(error: Error) => void>();
  const ending: FetchLike = (url, init) =>
    new Promise((resolve, reject) => {
      const controller = host.AbortController && new host.AbortController();
      const fail = (error: Error) => {
        reject(error);
        controller?.abort();
      };
      const cancel = runtime.after(ms, () => fail(new Error(`nothing came for ${ms / 1_000} s`)));
      underWay.add(fail);
      const read = async () => {
        const response = await fetch(url, { ...init, signal: controller?.signal as never });
        // Read here: a body may stop half-way too.
        const text = await response.text();
        return { status: response.status, text: async () => text };
      };
      read()
        .then(resolve, reject)
        .finally(() => {
          cancel();
          underWay.delete(fail);
        });
    });
  return {
    fetch: ending,
    end: () => [...underWay].forEach((fail) => fail(new Error('it is not wanted any more'))),
  };
}
