import { AggregatorRegistry, Registry } from 'prom-client';
import type { Snapshot } from './metrics';

const FALLBACK = Registry.PROMETHEUS_CONTENT_TYPE;
const OPEN = Registry.OPENMETRICS_CONTENT_TYPE;

export interface Exposition {
  contentType: string;
  text: string;
}

/** Adds up the metrics of several processes, as text: OpenMetrics for who accepts it, else Prometheus'. */
export async function expose(snapshots: readonly Snapshot[], accept = ''): Promise<Exposition> {
  const open = accept.includes('application/openmetrics-text');
  // prom-client appends it again.
  const named = open ? snapshots.map((metrics) => metrics.map(withoutTotal)) : [...snapshots];
  const contentType = open ? OPEN : FALLBACK;
  const registry = AggregatorRegistry.aggregate(named);
  registry.setContentType(contentType);
  return { contentType, text: await registry.metrics() };
}

function withoutTotal(metric: Snapshot[number]): Snapshot[number] {
  const isCounter = (metric.type as unknown) === 'counter';
  return isCounter ? { ...metric, name: metric.name.replace(/_total$/, '') } : metric;
}

/**
 * Keeps the sums of processes that come and go from falling.
 *
 * What ended counts on with what it had counted when it was last asked: a sum that falls would be taken for a
 * restart of everything, and all of the rest for new.
 */
export class Carried {
  private readonly last = new Map<number, Snapshot>();
  private ended: Snapshot = [];

  /** Takes what each living process has answered, by pid, null if it has not; gives what is to be added up. */
  async with(answers: ReadonlyMap<number, Snapshot | null>): Promise<Snapshot[]> {
    for (const [pid, snapshot] of this.last) {
      if (answers.has(pid)) continue;
      this.last.delete(pid);
      this.ended = await sumOf([this.ended, snapshot.filter(grows)]);
    }
    for (const [pid, snapshot] of answers) if (snapshot) this.last.set(pid, snapshot.map(inSteps));
    return [...this.last.values(), this.ended];
  }
}

/**
 * Has who asks while somebody is answered get the same answer.
 *
 * Of two readings at once the one that was answered last could be the older: what has ended would be taken for
 * living again, and count twice from then on.
 */
export function oneAtATime<T>(read: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => (running ??= read().finally(() => (running = undefined)));
}

/** Steps of a nanosecond or so, of which sums of any order are the same: what has ended is added up before. */
const STEPS = 2 ** 30;

function inSteps(metric: Snapshot[number]): Snapshot[number] {
  if (!grows(metric)) return metric;
  const samples = metric.values as { value: number }[];
  const values = samples.map((sample) => ({
    ...sample,
    value: Math.round(sample.value * STEPS) / STEPS,
  }));
  return { ...metric, values } as Snapshot[number];
}

function grows({ type }: Snapshot[number]): boolean {
  return ['counter', 'histogram'].includes(type as unknown as string);
}

async function sumOf(snapshots: Snapshot[]): Promise<Snapshot> {
  return (await AggregatorRegistry.aggregate(snapshots).getMetricsAsJSON()) as Snapshot;
}
