import { DomainError } from '../common/domain-error';

/** Upgrades that may wait to be let in, some 10 KB each: no less than the connection that each will be. */
const MAX_WAITING = 16_000;
/** Let in within one turn of the event loop: a few milliseconds, then everybody else has a turn. */
const PER_TURN = 10;
/** For how long nobody is let in while more keep coming. */
const HOLD_MS = 10;
/** While so many frames are being handled, those who are here come first. */
const MAX_FRAMES = 200;
const BUSY_MS = 5;

interface Waiting {
  readonly letIn: () => void;
  /** Whether it has given up meanwhile. */
  readonly hasGone: () => boolean;
}

/**
 * Lets new sockets in at the pace at which the process copes with them, in the order in which they came.
 *
 * When a server dies its clients come to the others all at once. What a turn of the event loop takes is
 * what the others wait for; and each who is let in asks for what it has missed.
 *
 * Taking a socket from the operating system costs little, but Node takes one in a turn. So turns are kept
 * short while many come: whom the queue of the operating system does not hold is heard again after seconds.
 */
export class Admission {
  private waiting: Waiting[] = [];
  /** Of those who wait, the place of the first. */
  private next = 0;
  private scheduled = false;
  private hasCome = false;
  private letInAt = -Infinity;

  /** `framesInFlight`: of those who are here. */
  constructor(private readonly framesInFlight: () => number) {}

  /** Resolves when the socket may come in; rejects with `overloaded` when too many wait already. */
  enter(hasGone: () => boolean): Promise<void> {
    if (this.count >= MAX_WAITING) return Promise.reject(new DomainError('overloaded'));
    return new Promise((letIn) => {
      this.waiting.push({ letIn, hasGone });
      this.hasCome = true;
      this.schedule();
    });
  }

  private get count(): number {
    return this.waiting.length - this.next;
  }

  private schedule(): void {
    if (this.scheduled || this.count === 0) return;
    this.scheduled = true;
    if (this.framesInFlight() < MAX_FRAMES) setImmediate(() => this.turn());
    else setTimeout(() => this.letSomeIn(1), BUSY_MS);
  }

  private turn(): void {
    const holds = this.hasCome && performance.now() - this.letInAt < HOLD_MS;
    this.hasCome = false;
    this.letSomeIn(holds ? 0 : PER_TURN);
  }

  private letSomeIn(count: number): void {
    this.scheduled = false;
    if (count > 0) this.letInAt = performance.now();
    for (let left = count; left > 0 && this.count > 0;) {
      const next = this.waiting[this.next++];
      if (!next?.hasGone()) left--;
      next?.letIn();
    }
    if (this.count === 0 || this.next > MAX_WAITING) {
      this.waiting = this.waiting.slice(this.next);
      this.next = 0;
    }
    this.schedule();
  }
}
