import { Histogram } from '../../tools/support/histogram';
import { Connection, type Listener } from './connection';
import { latencyOf } from './latency';
import type { OpenPlan, OpenResult } from './messages';
import { WIRES } from './wires';

/** For how long nobody may get anywhere until the rest is given up. */
const PATIENCE = 30_000;

/** All the clients of a plan, connected. */
export class Crowd {
  readonly connections: Connection[] = [];
  /** Who ended after they had been open. */
  closed = 0;
  complaint: string | undefined;
  private opening: Opening | undefined;

  constructor(
    readonly plan: OpenPlan,
    private readonly onFrame: Listener['frame'],
  ) {}

  /** Connects all, or those named, so many at once. */
  async open(indexes: readonly number[] = [...this.plan.clients.keys()]): Promise<OpenResult> {
    const { plan } = this;
    const opening = new Opening(indexes.length);
    this.opening = opening;
    const listener: Listener = {
      frame: this.onFrame,
      opened: ({ begun }) => opening.opened(performance.now() - begun),
      ended: (reason, wasOpen) => this.ended(reason, wasOpen),
    };
    for (const index of indexes) {
      if (!(await opening.room(plan.atOnce))) break;
      const client = plan.clients[index];
      if (client) {
        this.connections[index] = new Connection(index, client, WIRES[plan.wire], plan.port, listener);
      }
    }
    const result = await opening.done();
    this.opening = undefined;
    if (result.failed > 0 && result.opened === 0) throw new Error(this.complaint ?? 'nobody could connect');
    return result.failed > 0 ? { ...result, complaint: this.complaint ?? 'no answer' } : result;
  }

  /** Ends some, spread over all, and opens them again. */
  async reopen(count: number): Promise<OpenResult> {
    const step = Math.max(1, Math.floor(this.connections.length / count));
    const indexes = [...this.connections.keys()].filter((index) => index % step === 0).slice(0, count);
    for (const index of indexes) this.connections[index]?.destroy();
    return this.open(indexes);
  }

  private ended(reason: string, wasOpen: boolean): void {
    this.complaint ??= reason;
    if (wasOpen) this.closed++;
    else this.opening?.failed();
  }
}

/** How far the opening of connections has got. */
class Opening {
  private readonly latency = new Histogram();
  private readonly begun = performance.now();
  private moved = performance.now();
  private started = 0;
  private ended = 0;
  private wake: () => void = () => undefined;

  constructor(private readonly wanted: number) {}

  opened(milliseconds: number): void {
    this.latency.add(milliseconds);
    this.progress();
  }

  failed(): void {
    this.ended++;
    this.progress();
  }

  /** Waits until one more may be on its way; false when that does not come. */
  async room(atOnce: number): Promise<boolean> {
    while (this.started - this.finished >= atOnce && !this.isStuck) await this.change();
    this.started++;
    return !this.isStuck;
  }

  async done(): Promise<OpenResult> {
    while (this.finished < this.wanted && !this.isStuck) await this.change();
    const opened = this.latency.count;
    const seconds = (performance.now() - this.begun) / 1_000;
    return { opened, failed: this.wanted - opened, seconds, latency: latencyOf(this.latency) };
  }

  private get isStuck(): boolean {
    return performance.now() - this.moved > PATIENCE;
  }

  private progress(): void {
    this.moved = performance.now();
    this.wake();
  }

  private get finished(): number {
    return this.latency.count + this.ended;
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 1_000);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
