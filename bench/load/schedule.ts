/** When messages are due: at a fixed rate from the beginning on, whatever becomes of them. */
export class Schedule {
  private next = 0;

  /** @param begun In ms, like every time here. */
  constructor(
    private readonly begun: number,
    private readonly perSecond: number,
    readonly total: number,
  ) {}

  due(n: number): number {
    return this.begun + (n * 1_000) / this.perSecond;
  }

  /** How many were taken. */
  get taken(): number {
    return this.next;
  }

  get done(): boolean {
    return this.next >= this.total;
  }

  /** Takes those that are due by now, at most so many, the first first. */
  take(now: number, most: number, each: (n: number, due: number) => void): void {
    for (let left = most; left > 0 && !this.done; left--) {
      const due = this.due(this.next);
      if (due > now) return;
      each(this.next++, due);
    }
  }

  /** Whether more are due already. */
  isBehind(now: number): boolean {
    return !this.done && this.due(this.next) <= now;
  }
}
