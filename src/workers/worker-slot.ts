import cluster, { type Worker } from 'node:cluster';
import type { FromWorker, ToWorker } from './messages';

/** What a slot needs of the pool that it belongs to. */
export interface SlotHost<Handover> {
  readonly handover: Handover;
  /** Environment of workers beside the primary's own; undefined takes a variable away. */
  readonly environment: NodeJS.ProcessEnv;
  /** Milliseconds after which a worker that was told to end is ended by force. */
  readonly endMs: number;
  listens(slot: WorkerSlot<Handover>): void;
  /** Its worker has ended by itself; true: start another one. */
  ended(slot: WorkerSlot<Handover>, end: WorkerEnd): boolean;
  socketsChanged(): void;
}

/** How a worker came to its end. */
export interface WorkerEnd {
  readonly pid: number | undefined;
  /** 'signal SIGKILL', 'exit code 1', or what the worker said itself. */
  readonly how: string;
  /** Whether it said why it cannot serve. */
  readonly explained: boolean;
  readonly listened: boolean;
  /** Ends in a row, without one that was well for long. */
  readonly failures: number;
}

const MIN_DELAY_MS = 100;
const MAX_DELAY_MS = 30_000;
/** A worker that lived this long was well: the next one is started at once. */
const HEALTHY_MS = 60_000;

/** A worker that is busy for longer is left out. */
const MEASURE_MS = 2_000;

/** Keeps one worker running until it is ended. */
export class WorkerSlot<Handover> {
  /** Where its worker listens; undefined while it does not, or there is none. */
  port: number | undefined;
  sockets = 0;
  accepting = true;
  private worker: Worker | undefined;
  private launchedAt = 0;
  private failures = 0;
  private reason: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private ending: Promise<void> | undefined;
  private gone = () => {};
  private measuring = 0;
  private readonly measured = new Map<number, (metrics: unknown) => void>();

  constructor(private readonly host: SlotHost<Handover>) {}

  launch(): void {
    this.launchedAt = performance.now();
    this.reason = undefined;
    const worker = cluster.fork(this.host.environment);
    this.worker = worker;
    worker.on('message', (message: FromWorker) => this.receive(message));
    worker.once('exit', (code: number, signal: string) =>
      this.exited(worker, signal ? `signal ${signal}` : `exit code ${code}`),
    );
    // It could not be started, or not be told something because it is about to end.
    worker.on('error', (error) => {
      if (worker.process.pid === undefined) this.exited(worker, error.message);
    });
    this.send({ type: 'serve', handover: this.host.handover });
  }

  send(message: ToWorker<Handover>): void {
    // Node's type knows only JSON values, which a handover is.
    if (this.worker?.isConnected()) this.worker.send(message);
  }

  /** Has it take new sockets, or leave them to others. */
  accept(on: boolean): void {
    if (this.accepting === on) return;
    this.accepting = on;
    this.send({ type: 'accept', on });
  }

  /** Resolves when its worker has ended in order, or by force when that takes too long. */
  end(): Promise<void> {
    clearTimeout(this.timer);
    this.ending ??= new Promise((resolve) => {
      if (!this.worker) return resolve();
      const force = setTimeout(() => this.kill(), this.host.endMs);
      this.gone = () => {
        clearTimeout(force);
        resolve();
      };
      this.send({ type: 'end' });
    });
    return this.ending;
  }

  get pid(): number | undefined {
    return this.worker?.process.pid;
  }

  /** What its worker counts; null when it does not say so in time. */
  measure(): Promise<unknown> {
    const id = ++this.measuring;
    return new Promise((resolve) => {
      const settle = (metrics: unknown) => {
        clearTimeout(timer);
        this.measured.delete(id);
        resolve(metrics);
      };
      const timer = setTimeout(() => settle(null), MEASURE_MS);
      this.measured.set(id, settle);
      this.send({ type: 'measure', id });
    });
  }

  kill(): void {
    this.worker?.process.kill('SIGKILL');
  }

  private receive(message: FromWorker): void {
    if (message.type === 'failed') this.reason = message.reason;
    else if (message.type === 'sockets') {
      this.sockets = message.count;
      this.host.socketsChanged();
    } else if (message.type === 'measured') this.measured.get(message.id)?.(message.metrics);
    else {
      this.port = message.port;
      this.host.listens(this);
    }
  }

  private exited(worker: Worker, how: string): void {
    if (this.worker !== worker) return;
    const listened = this.port !== undefined;
    this.worker = this.port = undefined;
    this.sockets = 0;
    this.accepting = true;
    for (const settle of this.measured.values()) settle(null);
    if (this.ending) return this.gone();
    const wasWell = listened && performance.now() - this.launchedAt >= HEALTHY_MS;
    this.failures = wasWell ? 1 : this.failures + 1;
    const again = this.host.ended(this, {
      pid: worker.process.pid,
      how: this.reason ?? how,
      explained: this.reason !== undefined,
      listened,
      failures: this.failures,
    });
    const delay = Math.min(MIN_DELAY_MS * 2 ** (this.failures - 1), MAX_DELAY_MS);
    if (again) this.timer = setTimeout(() => this.launch(), delay);
  }
}
