/** Bytes, or what is done to the other end when one has ended. */
type Passing = Buffer | (() => void);

interface Waiting {
  passing: Passing;
  dueAt: number;
}

/** One direction of a connection: passes bytes on, late if need be and always in order. */
export class Lane {
  private readonly waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly write: (bytes: Buffer) => void) {}

  /** Whether something is still to be passed on. */
  get isBusy(): boolean {
    return this.waiting.length > 0;
  }

  add(passing: Passing, delayMs: number): void {
    if (delayMs === 0 && !this.isBusy) {
      this.pass(passing);
      return;
    }
    const before = this.waiting.at(-1)?.dueAt ?? 0;
    this.waiting.push({ passing, dueAt: Math.max(before, performance.now() + delayMs) });
    this.timer ??= this.wake();
  }

  /** Forgets what has not been passed on. */
  clear(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting.length = 0;
  }

  private wake(): NodeJS.Timeout | undefined {
    const [first] = this.waiting;
    return first && setTimeout(() => this.release(), Math.max(0, first.dueAt - performance.now()));
  }

  private release(): void {
    const now = performance.now();
    for (let first = this.waiting[0]; first && first.dueAt <= now; first = this.waiting[0]) {
      this.waiting.shift();
      this.pass(first.passing);
    }
    this.timer = this.wake();
  }

  private pass(passing: Passing): void {
    if (typeof passing === 'function') passing();
    else this.write(passing);
  }
}
