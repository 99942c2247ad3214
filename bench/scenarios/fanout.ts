import { Figures } from '../support/figures';
import type { Bench, Report, Scenario } from '../support/scenario';
import { addOutcome, startTargets, tryOnce } from '../support/trial';

const SIZES = [10, 100, 1_000, 10_000];
const QUICK_SIZES = [1_000];
const CONNECTIONS = 10_000;
const DELIVERIES_PER_SECOND = 20_000;
const SECONDS = 4;
/** A message in a group is stored once: what it costs is the telling, of which this is the least. */
const BESIDE = ['ws'];
/** Of each group; in a large one most people read. */
const WRITERS = 10;

/** The same number of deliveries a second, in groups of several sizes. */
export const fanout: Scenario = {
  name: 'fan-out',
  takes: { full: 85, quick: 8 },
  about: `${DELIVERIES_PER_SECOND.toLocaleString('en')} deliveries a second to ${CONNECTIONS.toLocaleString('en')} connections, in groups of several sizes`,
  run,
};

async function run(bench: Bench): Promise<Report> {
  const { quick } = bench;
  const targets = await startTargets(bench, BESIDE);
  const sizes = quick ? QUICK_SIZES : SIZES;
  const columns = sizes.flatMap((size) => targets.map((target) => ({ size, target })));
  const figures = new Figures(columns.length);
  for (const [at, { size, target }] of columns.entries()) {
    bench.log(`groups of ${size.toLocaleString('en')}: ${target.name}`);
    const rate = DELIVERIES_PER_SECOND / size;
    const shape = { connections: quick ? 2_000 : CONNECTIONS, roomSize: size };
    const plan = {
      rate,
      warmUp: Math.ceil(quick ? rate / 2 : rate),
      seconds: quick ? 1 : SECONDS,
      writers: WRITERS,
    };
    const outcome = await tryOnce(bench, target, shape, plan);
    addOutcome(figures, at, outcome);
    const { load, cpu, seconds } = outcome;
    figures.add('server CPU per delivery', 'µs', at, (cpu.server * 1e6) / (load.deliveredRate * seconds));
  }
  return {
    of: 'group, server',
    sizes: columns.map(({ size, target }) => `${size.toLocaleString('en')} ${target.name}`),
    figures: figures.all(),
    unlike: true,
    charted: ['server CPU per delivery', 'delivery p50', 'delivery p99'],
  };
}
