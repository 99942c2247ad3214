interface Waiting {
  /** Null: the end. */
  bytes: Buffer | null;
  dueAt: number;
}

/** One direction of a connection: passes bytes on, late if need be and always in order. */
export class Lane {
  private readonly waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly write: (bytes: Buffer) => void,
    private readonly end: () => void,
  ) {}

  /** Whether something is still to be passed on. */
  get isBusy(): boolean {
    return this.waiting.length > 0;
  }

  add(bytes: Buffer | null, delayMs: number): void {
    if (delayMs === 0 && !this.isBusy) {
      this.pass(bytes);
      return;
    }
    const before = this.waiting.at(-1)?.dueAt ?? 0;
    this.waiting.push({ bytes, dueAt: Math.max(before, performance.now() + delayMs) });
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
    while (this.waiting[0] && this.waiting[0].dueAt <= now) this.pass(this.waiting.shift()?.bytes ?? null);
    this.timer = this.wake();
  }

  private pass(bytes: Buffer | null): void {
    if (bytes) this.write(bytes);
    else this.end();
  }
}
