import type { BenchServer } from './bench-server';
import type { Figure } from './figures';
import type { Peer } from './peers';

/** What must not stay behind. */
export interface Owned {
  remove(): Promise<void>;
}

/** What a scenario is given. */
export interface Bench {
  /** Whether small sizes are enough. */
  quick: boolean;
  /** Whom to measure beside Parley, where that makes sense. */
  peers: readonly Peer[];
  /** Tells of the progress. */
  log(line: string): void;
  /** A server that is taken away at the end, however that comes. */
  startServer(settings?: Record<string, string>): Promise<BenchServer>;
  /** Has something else taken away at the end. */
  own<Thing extends Owned>(thing: Thing): Thing;
}

/** What a scenario has found. */
export interface Report {
  /** What the sizes are of. */
  of: string;
  sizes: string[];
  figures: Figure[];
  /** The columns are not to be compared with the first. */
  unlike?: boolean;
  /** Figures that the chart shows. */
  charted?: readonly string[];
}

/** Something to be measured against the server as people run it. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** It takes so long that it runs only when it is named. */
  readonly apart?: boolean;
  /** It differs from another one only in size, which a quick run does not have. */
  readonly large?: boolean;
  /** About how many seconds it takes on two cores, and a quick one. */
  readonly takes?: { readonly full: number; readonly quick: number };
  run(bench: Bench): Promise<Report>;
}
