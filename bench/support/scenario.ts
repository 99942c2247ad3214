import type { BenchServer } from './bench-server';
import type { Figure } from './figures';

/** What a scenario is given. */
export interface Bench {
  /** Whether small sizes are enough. */
  quick: boolean;
  /** Tells of the progress. */
  log(line: string): void;
  /** A server that is taken away at the end, however that comes. */
  startServer(settings?: Record<string, string>): Promise<BenchServer>;
}

/** What a scenario has found. */
export interface Report {
  /** What the sizes are of. */
  of: string;
  sizes: string[];
  figures: Figure[];
}

/** Something to be measured against the server as people run it. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  run(bench: Bench): Promise<Report>;
}
