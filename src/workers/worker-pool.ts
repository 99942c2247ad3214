import cluster from 'node:cluster';
import { whoAccepts } from './spread';
import { type SlotHost, type WorkerEnd, WorkerSlot } from './worker-slot';

/** No worker can serve; the message is the reason, as told to people. */
export class WorkersFailedError extends Error {}

export interface WorkerPoolOptions<Handover> {
  count: number;
  /** Given to every worker, also to those that are started later. */
  handover: Handover;
  /** Environment of workers beside the primary's own; undefined takes a variable away. */
  environment: NodeJS.ProcessEnv;
  /** Milliseconds after which a worker that was told to end is ended by force. */
  endMs: number;
  log: (line: string) => void;
}

/** Starts of one worker that may fail in a row while no other serves. */
const MAX_FAILURES = 5;

/** Keeps a number of workers running, which serve behind one port. */
export class WorkerPool<Handover> implements SlotHost<Handover> {
  private readonly slots: WorkerSlot<Handover>[];
  private started = false;
  private givenUp = false;
  private readonly starting: Promise<number>;
  private resolve!: (port: number) => void;
  private reject!: (error: Error) => void;

  constructor(
    private readonly options: WorkerPoolOptions<Handover>,
    /** Called when workers that had served cannot be brought back. */
    private readonly onFailure: (error: WorkersFailedError) => void,
  ) {
    this.slots = Array.from({ length: options.count }, () => new WorkerSlot(this));
    this.starting = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  get handover(): Handover {
    return this.options.handover;
  }

  get endMs(): number {
    return this.options.endMs;
  }

  get environment(): NodeJS.ProcessEnv {
    return this.options.environment;
  }

  /** Resolves to the port when all listen; rejects with WorkersFailedError. */
  start(): Promise<number> {
    // The primary hands sockets out in turn: left to the kernel, a few workers would get most.
    cluster.schedulingPolicy = cluster.SCHED_RR;
    cluster.setupPrimary({ args: ['worker'] });
    for (const slot of this.slots) slot.launch();
    return this.starting;
  }

  /** What each worker counts, by pid; null of one that is busy, or has only just begun. */
  async measure(): Promise<Map<number, unknown>> {
    const serving = this.slots.filter(({ port }) => port !== undefined);
    const pids = serving.map(({ pid }) => pid ?? 0);
    const measured = await Promise.all(serving.map((slot) => slot.measure()));
    return new Map(pids.map((pid, i) => [pid, measured[i] ?? null]));
  }

  /** Has all workers read their TLS files again. */
  reload(): void {
    for (const slot of this.slots) slot.send({ type: 'reload' });
  }

  /** Ends all workers in order, at the same time. */
  async end(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.end()));
  }

  /** Ends all workers at once. */
  kill(): void {
    for (const slot of this.slots) slot.kill();
  }

  listens({ port = 0 }: WorkerSlot<Handover>): void {
    this.socketsChanged();
    if (this.slots.some((slot) => slot.port === undefined)) return;
    this.started = true;
    this.resolve(port);
  }

  ended(_slot: WorkerSlot<Handover>, { pid, how, explained, listened, failures }: WorkerEnd): boolean {
    this.socketsChanged();
    const serves = this.slots.some((slot) => slot.port !== undefined);
    const isHopeless = this.started ? failures >= MAX_FAILURES && !serves : explained;
    if (this.givenUp) return false;
    if (isHopeless || (!listened && failures >= MAX_FAILURES && !serves)) {
      this.giveUp(explained ? how : `A worker process ended again and again (${how})`);
      return false;
    }
    this.options.log(`worker ${pid} ended (${how}): starting another one`);
    return true;
  }

  socketsChanged(): void {
    const listening = this.slots.filter(({ port }) => port !== undefined);
    const accepting = whoAccepts(listening);
    for (const [i, slot] of listening.entries()) slot.accept(accepting[i] ?? true);
  }

  private giveUp(reason: string): void {
    this.givenUp = true;
    const error = new WorkersFailedError(reason);
    if (this.started) this.onFailure(error);
    else this.reject(error);
  }
}
