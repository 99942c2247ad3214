import type { Runtime } from '../core/runtime';

/** A ping that is not answered by then was sent into nothing. */
const PATIENCE_MS = 10_000;
/** Whoever asks for a check looks at a screen. */
const CHECK_PATIENCE_MS = 4_000;
/** Proxies cut what is silent for a minute. */
const LONGEST_SILENCE_MS = 25_000;

/** Notices a dead link: pings when nothing was heard for a while, and waits for anything at all. */
export class Heartbeat {
  #heardAt: number;
  #isAsking = false;
  #cancel: () => void = () => undefined;
  readonly #silenceMs: number;

  constructor(
    private readonly runtime: Runtime,
    intervalMs: number,
    private readonly link: { ping(): Promise<unknown>; dead(): void },
  ) {
    this.#silenceMs = Math.min(intervalMs, LONGEST_SILENCE_MS);
    this.#heardAt = runtime.now();
    this.#wait(this.#silenceMs);
  }

  heard(): void {
    this.#heardAt = this.runtime.now();
  }

  /** Asks now: the device may have slept, or changed its network. */
  check(): void {
    this.#ask(CHECK_PATIENCE_MS);
  }

  stop(): void {
    this.#cancel();
    this.#isAsking = true;
  }

  #wait(ms: number): void {
    this.#cancel = this.runtime.after(ms, () => {
      const silentMs = this.runtime.now() - this.#heardAt;
      if (silentMs >= this.#silenceMs) this.#ask(PATIENCE_MS);
      else this.#wait(this.#silenceMs - silentMs);
    });
  }

  #ask(patienceMs: number): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#cancel();
    const askedAt = this.runtime.now();
    this.link.ping().catch(() => undefined); // the link's end tells
    this.#cancel = this.runtime.after(patienceMs, () => {
      this.#isAsking = false;
      if (this.#heardAt < askedAt) this.link.dead();
      else this.#wait(this.#silenceMs);
    });
  }
}
