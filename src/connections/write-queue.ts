/** Something whose writes of one turn leave together. */
interface Writer {
  flush(): void;
}

/** How long sockets are written to before others get their turn of the event loop. */
const SLICE_MS = 5;
/** Looking at the clock costs a tenth of a write. */
const PER_LOOK = 32;

/**
 * Connections with something to write, each once.
 *
 * At the end of a turn each is written to with one system call. When there is more to write than the loop can do
 * beside its other work, they wait here for their next slice, and what comes meanwhile leaves with the same call:
 * the busier the process, the fewer calls.
 */
export class WriteQueue {
  private waiting: Writer[] = [];
  private next = 0;
  private scheduled = false;

  add(writer: Writer): void {
    this.waiting.push(writer);
    if (this.scheduled) return;
    this.scheduled = true;
    process.nextTick(() => this.run());
  }

  private run(): void {
    const end = performance.now() + SLICE_MS;
    for (let done = 1; this.next < this.waiting.length; done++) {
      this.waiting[this.next++]?.flush();
      if (done % PER_LOOK === 0 && performance.now() > end) break;
    }
    if (this.next < this.waiting.length) {
      setImmediate(() => this.run());
      return;
    }
    this.waiting = [];
    this.next = 0;
    this.scheduled = false;
  }
}
