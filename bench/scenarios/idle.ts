import { setTimeout as pause } from 'node:timers/promises';
import { Figures } from '../support/figures';
import type { Bench, Report, Scenario } from '../support/scenario';
import { Session, startTargets } from '../support/trial';

const CONNECTIONS = 15_000;
/** A heartbeat of Parley's is in it. */
const SECONDS = 20;
const BESIDE = ['ws', 'nest'];
const QUICK = ['ws'];

/** What connections cost that do nothing. */
export const idle: Scenario = {
  name: 'idle',
  takes: { full: 95, quick: 11 },
  about: `${CONNECTIONS.toLocaleString('en')} connections, authenticated where there are accounts, that do nothing`,
  run,
};

async function run(bench: Bench): Promise<Report> {
  const targets = await startTargets(bench, bench.quick ? QUICK : BESIDE);
  const shape = { connections: bench.quick ? 3_000 : CONNECTIONS, roomSize: 2 };
  const seconds = bench.quick ? 2 : SECONDS;
  const figures = new Figures(targets.length);
  for (const [at, target] of targets.entries()) {
    bench.log(target.name);
    // What is made once is not of a connection: the first ones of all do it.
    await (await Session.open(bench, target, { connections: 200, roomSize: 2 })).close();
    await pause(bench.quick ? 500 : 2_000);
    const empty = target.resident();
    const session = await Session.open(bench, target, shape);
    const full = target.resident();
    await pause(bench.quick ? 500 : 1_000);
    const before = target.cpu();
    await pause(seconds * 1_000);
    const after = target.cpu();
    const settled = target.resident();
    await session.close();
    const { opened } = session.opened;
    figures.add('connections', '', at, opened);
    figures.add('memory before', 'MiB', at, empty);
    figures.add('memory when connected', 'MiB', at, full);
    figures.add('memory after a while', 'MiB', at, settled);
    figures.add('memory per connection', 'KiB', at, ((settled - empty) * 1_024) / opened);
    figures.add('server CPU', '% of a core', at, (100 * (after.server - before.server)) / seconds);
    figures.add('database CPU', '% of a core', at, (100 * (after.database - before.database)) / seconds);
  }
  return {
    ...{ of: 'server', sizes: targets.map(({ name }) => name), figures: figures.all() },
    charted: ['memory per connection', 'server CPU'],
  };
}
