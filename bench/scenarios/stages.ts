import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Profiler } from 'node:inspector';
import { Figures } from '../support/figures';
import { ParleyTarget } from '../support/parley-target';
import type { Bench, Report, Scenario } from '../support/scenario';
import { STAGES, stagesOf } from '../support/stages';
import { tryOnce } from '../support/trial';

/** Messages a second: as on a usual day, and when the server is nearly busy. */
const RATES = [2_000, 10_000];
const CONNECTIONS = 15_000;
const ROUNDS = 3;

/** Where the CPU of a message goes. */
export const stages: Scenario = {
  name: 'stages',
  about: `microseconds of the server for a message, by stage, one to one over ${CONNECTIONS.toLocaleString('en')} connections, under a profiler`,
  takes: { full: 90, quick: 12 },
  run,
};

async function run(bench: Bench): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-bench-profile-'));
  bench.own({ remove: () => rm(folder, { recursive: true, force: true }) });
  const file = join(folder, 'server.cpuprofile');
  const server = await bench.startServer({
    NODE_OPTIONS: `--require ${join(__dirname, '../support/profiler.js')}`,
    PARLEY_BENCH_PROFILE: file,
  });
  const target = new ParleyTarget(server);
  const figures = new Figures(RATES.length);
  const shape = { connections: bench.quick ? 1_000 : CONNECTIONS, roomSize: 2 };
  for (let n = 1; n <= (bench.quick ? 1 : ROUNDS); n++) {
    for (const [at, rate] of RATES.entries()) {
      bench.log(`round ${n}: ${rate} messages a second`);
      const plan = { rate, warmUp: rate, seconds: bench.quick ? 1.5 : 4 };
      const { load, cpu, seconds } = await tryOnce(bench, target, shape, plan, () => server.toggleProfile());
      await server.profileKept();
      const profile = JSON.parse(await readFile(file, 'utf8')) as Profiler.Profile;
      // The kernel's account, divided as the samples are: the profiler's clock has seen less than all of it.
      const perMessage = (cpu.server * 1e6) / (load.answeredRate * seconds);
      for (const [stage, share] of stagesOf(profile)) figures.add(stage, 'µs', at, share * perMessage);
      figures.add('all', 'µs', at, perMessage);
    }
  }
  const sizes = RATES.map((rate) => rate.toLocaleString('en'));
  return { of: 'messages a second', sizes, figures: figures.all(), charted: STAGES };
}
