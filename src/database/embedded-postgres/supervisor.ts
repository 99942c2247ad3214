import { setTimeout as delay } from 'node:timers/promises';
import { rotateLog } from './log-file';
import {
  type Cluster,
  endOrphans,
  type Postmaster,
  spawnPostmaster,
  stopPostmaster,
  type StopLimits,
  waitUntilReady,
} from './postmaster';
import { settleLeftovers } from './leftovers';

/** Waiting times of the supervisor, in milliseconds. */
export interface SupervisorTimes extends StopLimits {
  /** Before the first restart; doubled for each that follows, up to `maxDelay`. */
  minDelay: number;
  maxDelay: number;
  /** PostgreSQL that ran this long was well: the next restart waits `minDelay` again. */
  healthyAfter: number;
}

const LOG_CHECK_MS = 60_000;

/** Keeps PostgreSQL running until it is told to stop. */
export class Supervisor {
  private postmaster: Postmaster | undefined;
  private lastPid = 0;
  private stopping: Promise<void> | undefined;
  private watching: Promise<void> = Promise.resolve();
  private readonly abort = new AbortController();
  private readonly logCheck: NodeJS.Timeout;

  constructor(
    private readonly cluster: Cluster,
    private readonly socketFile: string | undefined,
    private readonly times: SupervisorTimes,
    private readonly log: (line: string) => void,
  ) {
    this.logCheck = setInterval(() => this.checkLog(), LOG_CHECK_MS).unref();
  }

  /** The main process, or the last one while there is none. */
  get pid(): number {
    return this.lastPid;
  }

  /** Starts or adopts PostgreSQL; throws, with nothing left running, when it cannot. */
  async start(): Promise<void> {
    try {
      await this.launch();
    } catch (error) {
      clearInterval(this.logCheck);
      throw error;
    }
    this.watching = this.watch();
  }

  /** Stops PostgreSQL; it is gone and stays so after. */
  stop(): Promise<void> {
    this.stopping ??= this.shutDown();
    return this.stopping;
  }

  private async launch(): Promise<void> {
    const begun = performance.now();
    const { cluster, log } = this;
    const left = await settleLeftovers(cluster, this.socketFile, this.times, log);
    if (this.stopping) return;
    rotateLog(cluster.logFile);
    this.postmaster = left ?? spawnPostmaster(cluster);
    this.lastPid = this.postmaster.pid || this.lastPid;
    await waitUntilReady(cluster, this.postmaster, log);
    const how = left
      ? 'adopted from an earlier Parley'
      : `ready after ${Math.round(performance.now() - begun)} ms`;
    log(`PostgreSQL ${cluster.binaries.version} (pid ${this.pid}) on ${cluster.data}: ${how}`);
  }

  private async watch(): Promise<void> {
    let wait = this.times.minDelay;
    let since = performance.now();
    while (!this.stopping) {
      const end = await this.postmaster?.ended;
      if (this.stopping) return;
      if (performance.now() - since > this.times.healthyAfter) wait = this.times.minDelay;
      this.log(`PostgreSQL (pid ${this.pid}) died (${end}): restart in ${wait} ms`);
      await delay(wait, undefined, { signal: this.abort.signal }).catch(() => {});
      wait = Math.min(wait * 2, this.times.maxDelay);
      if (this.stopping) return;
      since = performance.now();
      await this.launch().catch((error: unknown) => {
        if (!this.stopping)
          this.log(
            `PostgreSQL does not come back: ${error instanceof Error ? error.message : String(error)}`,
          );
      });
    }
  }

  private async shutDown(): Promise<void> {
    clearInterval(this.logCheck);
    this.abort.abort();
    await this.stopCurrent();
    await this.watching;
    await this.stopCurrent(); // a restart was on its way
    await endOrphans(this.cluster.data); // it died just before, and its backends not yet
  }

  private async stopCurrent(): Promise<void> {
    if (!this.postmaster?.isRunning()) return;
    const { pid } = this.postmaster;
    await stopPostmaster(this.cluster, this.postmaster, this.times);
    this.log(`PostgreSQL (pid ${pid}) stopped`);
  }

  private checkLog(): void {
    try {
      rotateLog(this.cluster.logFile);
    } catch (error) {
      this.log(`cannot shorten ${this.cluster.logFile}: ${(error as Error).message}`);
    }
  }
}
