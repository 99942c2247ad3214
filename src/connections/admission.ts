import { DomainError } from '../common/domain-error';

/** Upgrades that may wait to be let in, some 10 KB each. */
const MAX_WAITING = 5_000;
/** Let in within one turn of the event loop: a few milliseconds, then everybody else has a turn. */
const PER_TURN = 10;
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
 */
export class Admission {
  private readonly waiting: Waiting[] = [];
  private scheduled = false;

  /** `framesInFlight`: of those who are here. */
  constructor(private readonly framesInFlight: () => number) {}

  /** Resolves when the socket may come in; rejects with `overloaded` when too many wait already. */
  enter(hasGone: () => boolean): Promise<void> {
    if (this.waiting.length >= MAX_WAITING) return Promise.reject(new DomainError('overloaded'));
    return new Promise((letIn) => {
      this.waiting.push({ letIn, hasGone });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.waiting.length === 0) return;
    this.scheduled = true;
    if (this.framesInFlight() < MAX_FRAMES) setImmediate(() => this.letSomeIn(PER_TURN));
    else setTimeout(() => this.letSomeIn(1), BUSY_MS);
  }

  private letSomeIn(count: number): void {
    this.scheduled = false;
    let left = count;
    while (left > 0) {
      const next = this.waiting.shift();
      if (!next) break;
      if (!next.hasGone()) left--;
      next.letIn();
    }
    this.schedule();
  }
}
