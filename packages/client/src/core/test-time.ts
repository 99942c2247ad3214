import type { Runtime } from './runtime';

/** Time that goes on when it is told to, and chance that is what it is told to be. */
export class TestTime implements Runtime {
  chance = 0.5;
  private at = 1_000_000;
  private timers: { at: number; run: () => void }[] = [];

  readonly now = () => this.at;
  readonly random = () => this.chance;

  readonly after = (ms: number, run: () => void) => {
    const timer = { at: this.at + ms, run };
    this.timers.push(timer);
    return () => void (this.timers = this.timers.filter((each) => each !== timer));
  };

  /** Lets time go by, and everything happen that is due. */
  async pass(ms: number): Promise<void> {
    const until = this.at + ms;
    await settled();
    for (;;) {
      const due = this.timers.filter((each) => each.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers = this.timers.filter((each) => each !== due);
      this.at = Math.max(this.at, due.at);
      due.run();
      await settled();
    }
    this.at = until;
  }
}

/** All that is ready has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}
