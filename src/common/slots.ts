import { DomainError } from './domain-error';

/** Runs a few tasks at once and lets a bounded number wait; the next is refused with `overloaded`. */
export class Slots {
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  constructor(
    private readonly maxRunning: number,
    private readonly maxWaiting: number,
  ) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.running < this.maxRunning) this.running++;
    else await this.wait();
    try {
      return await task();
    } finally {
      // The slot goes to the next one as it is, so that nobody slips in between.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }

  private wait(): Promise<void> {
    if (this.waiting.length >= this.maxWaiting) throw new DomainError('overloaded');
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
