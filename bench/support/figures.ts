import type { Cost } from './measure';

/** A kind of thing that was measured at every size. */
export interface Figure {
  name: string;
  unit: string;
  /** By size, in the order of the sizes; the median of all rounds, if nothing else is said. */
  values: number[];
}

/** What stands for all rounds. */
type Choose = (values: readonly number[]) => number;

/** Gathers figures over sizes and rounds. */
export class Figures {
  private readonly taken = new Map<string, { unit: string; of: Choose; bySize: number[][] }>();

  constructor(private readonly sizes: number) {}

  add(name: string, unit: string, size: number, value: number, of: Choose = median): void {
    const empty = () => ({ unit, of, bySize: Array.from({ length: this.sizes }, (): number[] => []) });
    const figure = this.taken.get(name) ?? empty();
    this.taken.set(name, figure);
    figure.bySize[size]?.push(value);
  }

  /** Of what must not be in any round. */
  addWorst(name: string, unit: string, size: number, value: number): void {
    this.add(name, unit, size, value, worst);
  }

  /** Latency and CPU of an operation. */
  addCost(name: string, size: number, cost: Cost, quantiles: readonly number[] = [0.5]): void {
    for (const share of quantiles) {
      this.add(`${name} p${share * 100}`, 'ms', size, cost.latency.quantile(share));
    }
    this.add(`${name} server CPU`, 'µs', size, cost.serverCpu);
    this.add(`${name} database CPU`, 'µs', size, cost.databaseCpu);
  }

  all(): Figure[] {
    return [...this.taken].map(([name, { unit, of, bySize }]) => {
      return { name, unit, values: bySize.map(of) };
    });
  }
}

/** The middle one; of an even number the lower of the two. NaN when there is none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN;
}

function worst(values: readonly number[]): number {
  return values.length === 0 ? NaN : Math.max(...values);
}
