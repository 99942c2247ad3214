/** Frames that may wait for a connection's earlier ones before its socket is not read any more. */
const MAX_WAITING = 64;

interface Pausable {
  pause(): void;
  resume(): void;
}

/** Handles what a socket receives one after the other; a client that sends faster is held back by TCP. */
export class FrameQueue<T> {
  private waiting: T[] = [];
  private running = false;
  private paused = false;
  private finished: (() => void) | undefined;
  private finishing = false;

  constructor(
    private readonly socket: Pausable,
    private readonly handle: (item: T) => Promise<void>,
  ) {}

  /** Takes nothing more; resolves when what was taken is handled. */
  finish(): Promise<void> {
    this.finishing = true;
    if (!this.running) return Promise.resolve();
    return new Promise((resolve) => (this.finished = resolve));
  }

  push(item: T): void {
    if (this.finishing) return;
    this.waiting.push(item);
    if (!this.running) void this.run();
    else if (this.waiting.length >= MAX_WAITING && !this.paused) {
      this.paused = true;
      this.socket.pause();
    }
  }

  private async run(): Promise<void> {
    this.running = true;
    let item: T | undefined;
    while ((item = this.waiting.shift()) !== undefined) {
      await this.handle(item);
      if (this.paused && this.waiting.length < MAX_WAITING / 2) {
        this.paused = false;
        this.socket.resume();
      }
    }
    this.running = false;
    this.finished?.();
  }
}
