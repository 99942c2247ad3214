import { Figures } from '../support/figures';
import type { Bench, Report, Scenario } from '../support/scenario';
import { addOutcome, CHARTED, startTargets, tryOnce } from '../support/trial';

interface Way {
  takes: { full: number; quick: number };
  large?: boolean;
  connections: number;
  /** Messages a second. */
  rate: number;
  rounds: number;
  /** Whom to measure beside; everybody when missing. */
  beside?: readonly string[];
}

/** The bare relay, and the one that stores as Parley does. */
const RELAYS = ['ws', 'ws+batch'];
const SECONDS = 4;

export const direct1000 = direct('direct-1000', {
  ...{ connections: 1_000, rate: 2_000, rounds: 3 },
  takes: { full: 115, quick: 10 },
});
export const direct15000 = direct('direct-15000', {
  ...{ connections: 15_000, rate: 2_000, rounds: 2, large: true },
  takes: { full: 80, quick: 10 },
  beside: RELAYS,
});
export const peak15000 = direct('peak-15000', {
  ...{ connections: 15_000, rate: 28_000, rounds: 3 },
  takes: { full: 170, quick: 14 },
  // Who stores nothing shows what the platform takes; one with and one without rooms is enough for that.
  beside: [...RELAYS, 'socket.io'],
});

/** Pairs who write to each other. */
function direct(name: string, way: Way): Scenario {
  const { connections, rate, large, takes } = way;
  const numbers = [rate, connections].map((n) => n.toLocaleString('en'));
  const about = `${numbers[0]} messages a second of 64 bytes, one to one, over ${numbers[1]} connections`;
  return { name, about, large, takes, run: (bench) => run(bench, way) };
}

async function run(bench: Bench, way: Way): Promise<Report> {
  const { connections, rate } = way;
  const { quick } = bench;
  const targets = await startTargets(bench, quick ? RELAYS : way.beside);
  const shape = { connections: quick ? Math.min(2_000, connections) : connections, roomSize: 2 };
  const plan = { rate, warmUp: quick ? rate / 2 : rate, seconds: quick ? 1 : SECONDS };
  const rounds = quick ? 1 : way.rounds;
  const figures = new Figures(targets.length);
  for (let n = 1; n <= rounds; n++) {
    bench.log(`round ${n} of ${rounds}`);
    // They take turns, so that what else the machine does meets all of them.
    for (const [at, target] of targets.entries()) {
      addOutcome(figures, at, await tryOnce(bench, target, shape, plan));
    }
  }
  return { of: 'server', sizes: targets.map(({ name }) => name), figures: figures.all(), charted: CHARTED };
}
