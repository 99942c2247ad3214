import { Figures } from '../support/figures';
import { ParleyTarget } from '../support/parley-target';
import type { Bench, Report, Scenario } from '../support/scenario';
import { addOutcome, Session } from '../support/trial';

const MINUTES = 30;
/** Minutes between two columns. */
const EVERY = 5;
const SHAPE = { connections: 1_000, roomSize: 2 };
const RATE = 200;
/** Connections that end without a word and come back, each minute. */
const RECONNECTING = 100;

/** Whether anything grows that should not. */
export const soak: Scenario = {
  name: 'soak',
  about: `${MINUTES} minutes of ${RATE} messages a second with receipts and typing, while people come and go`,
  apart: true,
  run,
};

async function run(bench: Bench): Promise<Report> {
  const minutes = bench.quick ? 2 : MINUTES;
  const every = bench.quick ? 1 : EVERY;
  const target = new ParleyTarget(await bench.startServer());
  const session = await Session.open(bench, target, SHAPE);
  const columns = Array.from({ length: minutes / every }, (_, i) => `minute ${(i + 1) * every}`);
  const figures = new Figures(columns.length);
  for (let minute = 0; minute < minutes; minute++) {
    const outcome = await session.load({
      rate: RATE,
      warmUp: 0,
      seconds: bench.quick ? 10 : 60,
      mixed: true,
    });
    const { failed } = await session.reopen(RECONNECTING);
    bench.log(`minute ${minute + 1}: ${outcome.resident.toFixed(0)} MiB`);
    const at = Math.floor(minute / every);
    addOutcome(figures, at, outcome);
    figures.addWorst('could not come back', '', at, failed);
  }
  return {
    ...{ of: 'until', sizes: columns, figures: figures.all() },
    charted: ['server memory', 'delivery p99', 'server CPU per message'],
  };
}
