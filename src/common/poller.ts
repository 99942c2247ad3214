import { Logger } from '@nestjs/common';

/** Repeats a task with a pause between its runs, never two at once; a failure is logged and tried again. */
export class Poller {
  private readonly logger = new Logger('Poller');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private failing = false;

  constructor(
    /** What the log calls it. */
    private readonly name: string,
    private readonly pauseMs: number,
    private readonly task: () => Promise<unknown>,
  ) {}

  start(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.run().then(() => this.start());
    }, this.pauseMs);
    this.timer.unref();
  }

  /** Ends it, after the run in progress. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      await this.task();
      if (this.failing) this.logger.log(`${this.name}: works again`);
      this.failing = false;
    } catch (error) {
      // Once per outage: a database that is away for an hour must not fill the log.
      if (!this.failing) this.logger.warn(`${this.name} failed, and is tried again: ${String(error)}`);
      this.failing = true;
    }
  }
}
