import { Figures } from '../support/figures';
import type { Bench, Report, Scenario } from '../support/scenario';

const ROUNDS = 5;

/** How long it takes until a built tree listens, its own database included. */
export const start: Scenario = {
  name: 'start',
  takes: { full: 15, quick: 3 },
  about: 'from the start of the process until it listens, with the database that it brings along',
  run,
};

async function run(bench: Bench): Promise<Report> {
  const rounds = bench.quick ? 1 : ROUNDS;
  const figures = new Figures(2);
  for (let n = 1; n <= rounds; n++) {
    const server = await bench.startServer();
    figures.add('listens after', 's', 0, server.startedIn / 1_000);
    figures.add('memory', 'MiB', 0, server.rssMiB());
    await server.restart();
    figures.add('listens after', 's', 1, server.startedIn / 1_000);
    figures.add('memory', 'MiB', 1, server.rssMiB());
    await server.remove();
  }
  return {
    ...{ of: 'start', sizes: ['the first, which makes the database', 'later'], figures: figures.all() },
    charted: ['listens after'],
  };
}
