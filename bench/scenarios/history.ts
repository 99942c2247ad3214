import { Figures } from '../support/figures';
import { fillMessages } from '../support/fill';
import { atRate } from '../support/measure';
import { ParleyTarget } from '../support/parley-target';
import { Person } from '../support/person';
import type { Bench, Report, Scenario } from '../support/scenario';
import { addOutcome, CHARTED, Session } from '../support/trial';

const SHAPE = { connections: 1_000, roomSize: 2 };
const RATE = 500;
const PAGES_PER_SECOND = 100;
const PAGE = 50;
const FILLED = 100_000;
const SECONDS = 5;

/** Whether who scrolls delays who writes. */
export const history: Scenario = {
  name: 'history',
  takes: { full: 50, quick: 10 },
  about: `${RATE} messages a second, alone and beside ${PAGES_PER_SECOND} pages of history a second over REST`,
  run,
};

async function run(bench: Bench): Promise<Report> {
  const target = new ParleyTarget(await bench.startServer());
  const reading = await prepare(bench, target);
  const seconds = bench.quick ? 1 : SECONDS;
  const plan = { rate: RATE, warmUp: RATE, seconds };
  const session = await Session.open(bench, target, SHAPE);
  const figures = new Figures(2);
  for (let n = 1; n <= (bench.quick ? 1 : 3); n++) {
    bench.log(`round ${n}`);
    addOutcome(figures, 0, await session.load(plan));
    const count = PAGES_PER_SECOND * (seconds + 1);
    const [outcome, pages] = await Promise.all([
      session.load(plan),
      atRate(target.server, { perSecond: PAGES_PER_SECOND, count }, reading),
    ]);
    addOutcome(figures, 1, outcome);
    for (const share of [0.5, 0.95, 0.99]) {
      figures.add(`page p${share * 100}`, 'ms', 1, pages.latency.quantile(share));
    }
  }
  return {
    ...{ of: 'traffic', sizes: ['messages alone', 'beside reading'], figures: figures.all() },
    charted: CHARTED,
  };
}

/** Returns what reads a page, each time another one, of a long conversation. */
async function prepare(bench: Bench, target: ParleyTarget): Promise<() => Promise<unknown>> {
  const filled = bench.quick ? FILLED / 10 : FILLED;
  bench.log(`filling ${filled.toLocaleString('en')} messages`);
  const [ann, bob] = await target.gather({ connections: 2, roomSize: 2 });
  if (!ann?.token || !bob) throw new Error('there is no pair');
  const senderIds = [ann.id, bob.id];
  await fillMessages(target.server.database, [ann.room], { from: 1, to: filled, senderIds });
  await target.server.database.query('VACUUM ANALYZE');
  const account = { userId: ann.id, accessToken: ann.token, username: 'ann', displayName: 'ann' };
  const { rest } = new Person(account, target.server.url);
  let at = filled;
  return () => {
    at = at > 2 * PAGE ? at - PAGE : filled;
    return rest.call('GET', `/v1/conversations/${ann.room}/messages?limit=${PAGE}&before=${at}`);
  };
}
