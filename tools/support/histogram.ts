/** Steps in which each power of two is counted: a value is known to 3 %. */
const STEPS = 32;
const FIRST_EXPONENT = -10; // 1 µs, in ms

/** Durations in milliseconds, millions of them in a few kilobytes. */
export class Histogram {
  count = 0;
  max = 0;
  private sum = 0;
  private readonly buckets: number[] = [];

  add(milliseconds: number): void {
    this.count++;
    this.sum += milliseconds;
    if (milliseconds > this.max) this.max = milliseconds;
    const at = Math.max(0, Math.floor((Math.log2(milliseconds) - FIRST_EXPONENT) * STEPS)) || 0;
    this.buckets[at] = (this.buckets[at] ?? 0) + 1;
  }

  /** 0 when there is none. */
  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** The value that a share of all is not above, from 0 to 1; 0 when there is none. */
  quantile(share: number): number {
    let left = Math.ceil(share * this.count);
    if (left === 0) return 0;
    for (let at = 0; at < this.buckets.length; at++) {
      left -= this.buckets[at] ?? 0;
      if (left <= 0) return Math.min(this.max, 2 ** ((at + 1) / STEPS + FIRST_EXPONENT));
    }
    return 0;
  }
}
