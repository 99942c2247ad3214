import { Histogram } from '../../tools/support/histogram';
import type { BenchServer } from './bench-server';

/** What one operation has cost. */
export interface Cost {
  /** From when it was due to its answer, ms. */
  latency: Histogram;
  /** CPU of the server's process, µs each. */
  serverCpu: number;
  /** CPU of all processes of the database, µs each. */
  databaseCpu: number;
  /** Bytes written to the log of the database, each. */
  wal: number;
}

/** Does something again and again; one begins when the one before has ended. */
export function oneByOne(server: BenchServer, count: number, work: () => Promise<unknown>): Promise<Cost> {
  return measured(server, count, async (latency) => {
    for (let i = 0; i < count; i++) {
      const begun = performance.now();
      await work();
      latency.add(performance.now() - begun);
    }
  });
}

/**
 * Does something so many times a second, whether the ones before have ended or not.
 *
 * What is late counts from when it was due: a server that stalls delays those who would have come meanwhile.
 */
export function atRate(
  server: BenchServer,
  { perSecond, count }: { perSecond: number; count: number },
  work: () => Promise<unknown>,
): Promise<Cost> {
  return measured(server, count, async (latency) => {
    const begun = performance.now();
    const running: Promise<void>[] = [];
    for (let i = 0; i < count; i++) {
      const due = begun + (i * 1_000) / perSecond;
      const early = due - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      running.push(work().then(() => latency.add(performance.now() - due)));
    }
    await Promise.all(running);
  });
}

async function measured(
  server: BenchServer,
  count: number,
  run: (latency: Histogram) => Promise<void>,
): Promise<Cost> {
  const latency = new Histogram();
  const wal = await server.walPosition();
  const cpu = server.cpu();
  await run(latency);
  const after = server.cpu();
  return {
    latency,
    serverCpu: ((after.server - cpu.server) * 1e6) / count,
    databaseCpu: ((after.database - cpu.database) * 1e6) / count,
    wal: ((await server.walPosition()) - wal) / count,
  };
}
