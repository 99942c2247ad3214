import type { LoadPlan } from '../load/messages';
import { Figures } from '../support/figures';
import { findHighest } from '../support/find-highest';
import type { Bench, Report, Scenario } from '../support/scenario';
import type { Shape, Target } from '../support/target';
import { addOutcome, type Outcome, Session, startTargets } from '../support/trial';

interface Way {
  takes: { full: number; quick: number };
  shape: Shape;
  large?: boolean;
  /** Messages a second to begin with, and those of a quick run. */
  from: number;
  quickFrom: number;
  /** The p99 that still counts as holding, ms. */
  limit: number;
  writers?: number;
  beside?: readonly string[];
}

const SECONDS = 2;
/** Steps between a rate that holds and its double. */
const HALVINGS = 2;
/** What may be missing of the deliveries at the end of a load that holds. */
const SLACK = 0.03;

export const highest1000 = highest('highest-1000', 'one to one over 1,000 connections', {
  takes: { full: 70, quick: 13 },
  ...{
    shape: { connections: 1_000, roomSize: 2 },
    from: 2_000,
    quickFrom: 8_000,
    limit: 50,
    beside: ['ws+batch'],
  },
});
export const highest15000 = highest('highest-15000', 'one to one over 15,000 connections', {
  large: true,
  takes: { full: 75, quick: 13 },
  ...{
    shape: { connections: 15_000, roomSize: 2 },
    from: 2_000,
    quickFrom: 8_000,
    limit: 50,
    beside: ['ws+batch'],
  },
});
export const fanoutHighest = highest('fan-out-highest', 'to a group of 10,000 who are connected', {
  takes: { full: 85, quick: 12 },
  ...{ shape: { connections: 10_000, roomSize: 10_000 }, from: 4, quickFrom: 128, limit: 150, writers: 10 },
  beside: ['ws'],
});

function highest(name: string, what: string, way: Way): Scenario {
  const about = `the highest rate at which nothing is missing and p99 is within ${way.limit} ms, ${what}`;
  return { name, about, large: way.large, takes: way.takes, run: (bench) => run(bench, way) };
}

async function run(bench: Bench, way: Way): Promise<Report> {
  const targets = await startTargets(bench, way.beside);
  const figures = new Figures(targets.length);
  for (const [at, target] of targets.entries()) {
    const best = await search(bench, target, way);
    figures.add('highest rate', 'messages/s', at, best?.load.sentRate ?? 0);
    figures.add('deliveries at it', '/s', at, best?.load.deliveredRate ?? 0);
    if (best) addOutcome(figures, at, best);
  }
  const charted = ['highest rate', 'deliveries at it', 'server CPU per message'];
  return { of: 'server', sizes: targets.map(({ name }) => name), figures: figures.all(), charted };
}

/** The load of the highest rate that holds; null when none does. */
async function search(bench: Bench, target: Target, way: Way): Promise<Outcome | null> {
  const { quick } = bench;
  const connections = quick ? Math.min(2_000, way.shape.connections) : way.shape.connections;
  const shape = { connections, roomSize: Math.min(way.shape.roomSize, connections) };
  let session = await Session.open(bench, target, shape);
  const holds = async (rate: number): Promise<Outcome | null> => {
    const plan: LoadPlan = { rate, warmUp: Math.ceil(rate / 2), seconds: quick ? 1 : SECONDS };
    const outcome = await session.load({ ...plan, writers: way.writers });
    const held = isHeld(outcome, way.limit);
    const { delivery, deliveredRate } = outcome.load;
    const found = `${Math.round(deliveredRate).toLocaleString('en')} deliveries/s, p99 ${delivery.p99.toFixed(1)} ms`;
    bench.log(`${target.name} at ${Math.round(rate)}/s: ${found}${held ? '' : ', does not hold'}`);
    if (outcome.load.unanswered > 0) {
      await session.close();
      await target.restart();
      session = await Session.open(bench, target, shape);
    }
    return held ? outcome : null;
  };
  // What else the machine does may fail a rate once.
  const twice = async (rate: number) => (await holds(rate)) ?? (await holds(rate));
  const found = quick ? findHighest(way.quickFrom, 0, holds) : findHighest(way.from, HALVINGS, twice);
  return found.finally(() => session.close());
}

function isHeld({ load }: Outcome, limit: number): boolean {
  const { deliveredRate, sentRate, delivery, delivered, sent } = load;
  const wrong = load.lost + load.duplicated + load.reordered + load.refused + load.unanswered + load.closed;
  const inTime = deliveredRate >= (1 - SLACK) * sentRate * (delivered / sent);
  return wrong === 0 && inTime && delivery.p99 <= limit;
}
