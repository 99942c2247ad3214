/**
 * Looks at a server from within its process: loaded by NODE_OPTIONS, asked by SIGUSR2.
 *
 * Counts the statements that go to the database, and how late the event loop is.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Client } from 'pg';

/** What it prints, on a line that begins with MARK. */
export interface Inside {
  /** Statements since the last time, transactions' BEGIN and COMMIT among them. */
  statements: number;
  /** Of the event loop since the last time, ms. */
  loopDelayMax: number;
  loopDelayP99: number;
}

export const MARK = 'inside: ';

const RESOLUTION_MS = 2;

if (process.env.PARLEY_BENCH_INSIDE) watch();

function watch(): void {
  let statements = 0;
  const prototype = Client.prototype as unknown as { query: (...args: unknown[]) => unknown };
  const { query } = prototype;
  prototype.query = function (...args) {
    statements++;
    return query.apply(this, args);
  };
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  process.on('SIGUSR2', () => {
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    const inside: Inside = {
      statements,
      loopDelayMax: late(delay.max),
      loopDelayP99: late(delay.percentile(99)),
    };
    statements = 0;
    delay.reset();
    process.stdout.write(`${MARK}${JSON.stringify(inside)}\n`);
  });
}
