/** Lets a bounded number of things happen at once. */
export class Gate {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(places: number) {
    this.free = places;
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    }
  }
}

/** Spreads things evenly over time. */
export class Pace {
  private nextAt = 0;

  /** Null: as fast as it goes. */
  constructor(private readonly perSecond: number | null) {}

  /** Resolves when it is one's turn; who is late does not catch up. */
  async turn(): Promise<void> {
    if (this.perSecond === null) return;
    const now = performance.now();
    const at = Math.max(this.nextAt, now);
    this.nextAt = at + 1_000 / this.perSecond;
    if (at > now) await pause(at - now);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
