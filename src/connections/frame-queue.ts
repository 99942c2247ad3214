/** Frames that may wait for a connection's earlier ones before its socket is not read any more. */
const MAX_WAITING = 64;

interface Pausable {
  pause(): void;
  resume(): void;
}

interface Handler<T> {
  /** What takes its time says when it has ended, and never rejects. */
  handle(item: T): Promise<void> | undefined;
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
    if (!this.running) return this.run(item);
    const waiting = (this.waiting ??= []);
    if (waiting.push(item) < MAX_WAITING || this.paused) return;
    this.paused = true;
    this.socket.pause();
  }

  private run(first: T): void {
    this.running = true;
    for (let item: T | undefined = first; item !== undefined; item = this.waiting?.shift()) {
      const handled = this.handler.handle(item);
      if (handled) return void handled.then(() => this.goOn());
      this.readOn();
    }
    this.rest();
  }

  private goOn(): void {
    this.readOn();
    const next = this.waiting?.shift();
    if (next === undefined) this.rest();
    else this.run(next);
  }

  private rest(): void {
    this.waiting = null;
    this.running = false;
    this.finished?.();
  }

  private readOn(): void {
    if (!this.paused || (this.waiting?.length ?? 0) >= MAX_WAITING / 2) return;
    this.paused = false;
    this.socket.resume();
  }
}
