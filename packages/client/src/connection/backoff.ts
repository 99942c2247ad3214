import type { Runtime } from '../core/runtime';

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** A connection that lasts so long was a good one. */
const STABLE_MS = 60_000;

/** How long to wait before the next attempt: anything up to a bound that doubles, so that no two come together. */
export class Backoff {
  #failures = 0;
  #upSince: number | null = null;

  constructor(private readonly runtime: Pick<Runtime, 'now' | 'random'>) {}

  /** A connection stands. */
  up(): void {
    this.#upSince = this.runtime.now();
  }

  /** It has ended, or could not be made; in how many milliseconds to try again. */
  down(): number {
    const { now, random } = this.runtime;
    if (this.#upSince !== null && now() - this.#upSince >= STABLE_MS) this.#failures = 0;
    this.#upSince = null;
    return random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures++);
  }
}
