import type { Client } from 'pg';

/** Of a process that reads what others have done: between two readings. */
const PAUSE_MS = 500;
/** Statements by which it reads that somebody has gone, and tells whoever that concerns. */
const STATEMENTS = 4;

/**
 * A second, by the clock of a machine that may be busy.
 *
 * It is twice what a process does once to learn of something: wait half a second, and ask the database. Idle
 * that is a second and some milliseconds; where everything takes longer, so does this, by as much.
 */
export class Second {
  constructor(private readonly session: Client) {}

  /** Rejects when something takes longer from now on. */
  async within<T>(something: Promise<T>): Promise<T> {
    const begun = performance.now();
    return Promise.race([something, this.over().then(() => fail(performance.now() - begun))]);
  }

  /** Until it is over. */
  pass(): Promise<void> {
    return this.over();
  }

  end(): Promise<void> {
    return this.session.end();
  }

  private async over(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      for (let asked = 0; asked < STATEMENTS; asked++) await this.session.query('SELECT 1');
    }
  }
}

function fail(milliseconds: number): never {
  throw new Error(`it took longer than a second, which is ${Math.round(milliseconds)} ms here and now`);
}
