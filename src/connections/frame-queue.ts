/** Frames that may wait for a connection's earlier ones before its socket is not read any more. */
const MAX_WAITING = 64;

interface Pausable {
  pause(): void;
  resume(): void;
}

interface Handler<T> {
  handle(item: T): Promise<void>;
}

/** Has what a socket receives handled one after the other; a client that sends faster is held back by TCP. */
export class FrameQueue<T> {
  /** Null while nothing waits: an array that has grown keeps its room. */
  private waiting: T[] | null = null;
  private running = false;
  private paused = false;
  private finished: (() => void) | undefined;
  private finishing = false;

  constructor(
    private readonly socket: Pausable,
    private readonly handler: Handler<T>,
  ) {}

  /** Takes nothing more; resolves when what was taken is handled. */
  finish(): Promise<void> {
    this.finishing = true;
    if (!this.running) return Promise.resolve();
    return new Promise((resolve) => (this.finished = resolve));
  }

  push(item: T): void {
    if (this.finishing) return;
    if (!this.running) return void this.run(item);
    const waiting = (this.waiting ??= []);
    if (waiting.push(item) < MAX_WAITING || this.paused) return;
    this.paused = true;
    this.socket.pause();
  }

  private async run(first: T): Promise<void> {
    this.running = true;
    for (let item: T | undefined = first; item !== undefined; item = this.waiting?.shift()) {
      await this.handler.handle(item);
      if (this.paused && (this.waiting?.length ?? 0) < MAX_WAITING / 2) {
        this.paused = false;
        this.socket.resume();
      }
    }
    this.waiting = null;
    this.running = false;
    this.finished?.();
  }
}
