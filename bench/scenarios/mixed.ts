import { Figures } from '../support/figures';
import { ParleyTarget } from '../support/parley-target';
import type { Bench, Report, Scenario } from '../support/scenario';
import { addOutcome, CHARTED, tryOnce } from '../support/trial';

const SHAPE = { connections: 1_000, roomSize: 2 };
const RATE = 500;
const ROUNDS = 3;

/** What comes with messages when people write them. */
export const mixed: Scenario = {
  name: 'mixed',
  takes: { full: 40, quick: 8 },
  about: `${RATE} messages a second, alone and with three receipts and two typing frames each`,
  run,
};

async function run(bench: Bench): Promise<Report> {
  const target = new ParleyTarget(await bench.startServer());
  const figures = new Figures(2);
  for (let n = 1; n <= (bench.quick ? 1 : ROUNDS); n++) {
    bench.log(`round ${n}`);
    for (const [at, isMixed] of [false, true].entries()) {
      const plan = {
        rate: RATE,
        warmUp: bench.quick ? RATE / 2 : RATE,
        seconds: bench.quick ? 1 : 4,
        mixed: isMixed,
      };
      addOutcome(figures, at, await tryOnce(bench, target, SHAPE, plan));
    }
  }
  const sizes = ['messages alone', 'with receipts and typing'];
  return { of: 'traffic', sizes, figures: figures.all(), charted: CHARTED };
}
