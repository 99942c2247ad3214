/** Things that are due at a second; one timer for all of them, however many. */
export class SecondWheel<T> {
  private readonly due = new Map<number, Set<T>>();
  private readonly dueAt = new Map<T, number>();
  private next: number;

  /** @param now milliseconds since 1970 */
  constructor(now: number) {
    this.next = toSecond(now);
  }

  /** Sets when a thing is due, instead of any time set before; a time gone by means the next turn. */
  set(item: T, at: number): void {
    this.delete(item);
    const second = Math.max(Math.ceil(at / 1_000), this.next);
    this.dueAt.set(item, second);
    const items = this.due.get(second);
    if (items) items.add(item);
    else this.due.set(second, new Set([item]));
  }

  delete(item: T): void {
    const second = this.dueAt.get(item);
    if (second === undefined) return;
    this.dueAt.delete(item);
    const items = this.due.get(second);
    items?.delete(item);
    if (items?.size === 0) this.due.delete(second);
  }

  /** Takes out and returns what has become due. */
  turn(now: number): T[] {
    const items: T[] = [];
    const last = toSecond(now);
    // After a leap of the clock there are fewer seconds with something due than seconds.
    const seconds =
      last - this.next > this.due.size ? [...this.due.keys()].sort((a, b) => a - b) : range(this.next, last);
    for (const second of seconds) {
      if (second > last) break;
      for (const item of this.due.get(second) ?? []) {
        items.push(item);
        this.dueAt.delete(item);
      }
      this.due.delete(second);
    }
    this.next = Math.max(this.next, last + 1);
    return items;
  }
}

function toSecond(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}
