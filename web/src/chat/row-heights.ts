/** What a row is taken to be high until it has been seen: a message of one line. */
const ESTIMATE = 48;

/** Where rows of different heights lie, of which most have never been drawn: heights by key, and their sums. */
export class RowHeights {
  #count = 0;
  #keyAt: (at: number) => string = () => '';
  readonly #measured = new Map<string, number>();
  /** By index, with what lies before each; the last is the height of all. */
  #sizes = new Float64Array(0);
  #offsets = new Float64Array(1);

  /** Other rows, or others in front: what has been measured stays. */
  setRows(count: number, keyAt: (at: number) => string): void {
    this.#count = count;
    this.#keyAt = keyAt;
    if (this.#sizes.length < count) {
      this.#sizes = new Float64Array(count * 2);
      this.#offsets = new Float64Array(count * 2 + 1);
    }
    for (let at = 0; at < count; at++) this.#sizes[at] = this.#measured.get(keyAt(at)) ?? ESTIMATE;
    this.#sum(0);
  }

  /** Takes in how high rows have turned out to be; whether any is different from what it was taken for. */
  measure(sizes: Iterable<readonly [at: number, height: number]>): boolean {
    let first = this.#count;
    for (const [at, height] of sizes) {
      if (at >= this.#count || this.#sizes[at] === height) continue;
      this.#measured.set(this.#keyAt(at), height);
      this.#sizes[at] = height;
      first = Math.min(first, at);
    }
    if (first === this.#count) return false;
    this.#sum(first);
    return true;
  }

  get total(): number {
    return this.#offsets[this.#count] as number;
  }

  /** Where a row begins; that after the last one is the end. */
  offsetOf(at: number): number {
    return this.#offsets[Math.max(0, Math.min(this.#count, at))] as number;
  }

  /** The row at a height; the first above all, and the last below all. */
  rowAt(y: number): number {
    let from = 0;
    let to = this.#count - 1;
    while (from < to) {
      const middle = (from + to + 1) >>> 1;
      if ((this.#offsets[middle] as number) <= y) from = middle;
      else to = middle - 1;
    }
    return Math.max(0, from);
  }

  #sum(from: number): void {
    let y = this.#offsets[from] as number;
    for (let at = from; at < this.#count; at++) {
      y += this.#sizes[at] as number;
      this.#offsets[at + 1] = y;
    }
  }
}
