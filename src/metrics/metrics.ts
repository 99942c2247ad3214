import { Injectable } from '@nestjs/common';
import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  Registry,
} from 'prom-client';

/** What a metric is called; `label`, when its values stand for something each. */
interface Named {
  /** `parley_…`, with the unit at its end. */
  name: string;
  help: string;
  label?: string;
  /** Of what several processes say, the greatest counts, instead of the sum. */
  greatest?: boolean;
}

type Reading = number | Iterable<readonly [labelValue: string, value: number]>;

/** All metrics of a process as of one moment, as JSON. */
export type Snapshot = MetricObjectWithValues<never>[];

/**
 * The metrics of this process.
 *
 * Features count in plain numbers, which are read when somebody asks; only histograms are told as things happen,
 * once per batch.
 */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();

  /** Something that only grows. */
  counter(named: Named, read: () => Reading): void {
    const { label } = named;
    new Counter({
      ...this.describe(named),
      collect() {
        this.reset();
        const reading = read();
        if (typeof reading === 'number') this.inc(reading);
        else for (const [value, count] of reading) this.inc({ [label ?? '']: value }, count);
      },
    });
  }

  gauge(named: Named, read: () => Reading): void {
    const { label } = named;
    new Gauge({
      ...this.describe(named),
      collect() {
        this.reset();
        const reading = read();
        if (typeof reading === 'number') this.set(reading);
        else for (const [value, count] of reading) this.set({ [label ?? '']: value }, count);
      },
    });
  }

  histogram(named: Omit<Named, 'label'>, buckets: number[]): { observe(value: number): void } {
    return new Histogram({ ...this.describe(named), buckets });
  }

  /** Those of every Node process: CPU, memory, event loop, garbage collection. */
  ofProcess(): void {
    collectDefaultMetrics({ register: this.registry });
    this.gauge(
      { name: 'parley_processes', help: 'Processes that are counted here, such as workers' },
      () => 1,
    );
  }

  snapshot(): Promise<Snapshot> {
    return this.registry.getMetricsAsJSON() as Promise<Snapshot>;
  }

  private describe({ name, help, label, greatest }: Named) {
    return {
      ...(greatest && { aggregator: 'max' as const }),
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.registry],
    };
  }
}
