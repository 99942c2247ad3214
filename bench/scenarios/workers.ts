import type { Client as Session } from 'pg';
import type { Client } from '../load/client';
import type { LoadResult } from '../load/messages';
import { Figures } from '../support/figures';
import { LoadGenerator } from '../support/load-generator';
import { ParleyTarget } from '../support/parley-target';
import type { Cpu } from '../support/processes';
import { Redis } from '../support/redis';
import type { Bench, Report, Scenario } from '../support/scenario';

/** Messages a second, over all. */
const RATES = [1_000, 4_000, 8_000];
const QUICK_RATES = [1_000];
const PEOPLE = 1_000;
const GROUP = 5;
/** Of all people: as many messages go to one person each; the others write to groups. */
const IN_PAIRS = 700;
const AT_ONCE = 200;
const ROUNDS = 3;
const SECONDS = 4;

/** What it costs that the sender and who is told are at different processes. */
export const workers: Scenario = {
  name: 'workers',
  takes: { full: 145, quick: 18 },
  about: `${PEOPLE.toLocaleString('en')} people in pairs and groups of ${GROUP}, 7 of 10 messages one to one, over two workers, and over one with as much and with half as much to do`,
  run,
};

async function run(bench: Bench): Promise<Report> {
  const rates = bench.quick ? QUICK_RATES : RATES;
  const seconds = bench.quick ? 1.5 : SECONDS;
  const redis = bench.own(await Redis.start());
  const one = await Hall.open(bench, { WORKERS: '1' });
  const two = await Hall.open(bench, { WORKERS: '2', REDIS_URL: redis.url }, redis);
  const figures = new Figures(rates.length);
  for (let round = 1; round <= (bench.quick ? 1 : ROUNDS); round++) {
    for (const [at, rate] of rates.entries()) {
      bench.log(`round ${round}: ${rate.toLocaleString('en')} messages a second`);
      const taken = {
        both: await two.load(rate, seconds),
        alone: await one.load(rate, seconds),
        half: await one.load(rate / 2, seconds),
      };
      addComparison(figures, at, taken);
    }
  }
  return {
    ...{ of: 'messages a second', sizes: rates.map((rate) => rate.toLocaleString('en')) },
    ...{ figures: figures.all(), unlike: true },
    charted: ['2 workers', '1 worker', '1 worker, half as many'].map(cpuOf),
  };
}

const cpuOf = (who: string) => `server and Redis CPU per delivery, ${who}`;

interface Taken {
  both: Outcome;
  alone: Outcome;
  /** One worker that has as much to do as each of the two. */
  half: Outcome;
}

function addComparison(figures: Figures, at: number, { both, alone, half }: Taken): void {
  const all = [
    ['2 workers', both],
    ['1 worker', alone],
    ['1 worker, half as many', half],
  ] as const;
  for (const [who, { server, redis }] of all) figures.add(cpuOf(who), 'µs', at, server + redis);
  const total = ({ server, redis }: Outcome) => server + redis;
  figures.add('2 workers cost of 1 worker', '×', at, total(both) / total(alone));
  figures.add('2 workers cost of 1 worker with half as many', '×', at, total(both) / total(half));
  figures.add('Redis CPU per delivery, 2 workers', 'µs', at, both.redis);
  for (const [who, { database }] of all) {
    figures.add(`database CPU per delivery, ${who}`, 'µs', at, database);
  }
  for (const [who, { perCommit }] of all) figures.add(`messages per commit, ${who}`, '', at, perCommit);
  for (const [who, { load }] of all) {
    figures.add(`delivered, ${who}`, '/s', at, load.deliveredRate);
    figures.add(`delivery p99, ${who}`, 'ms', at, load.delivery.p99);
  }
  for (const [, { load }] of all) {
    const { lost, duplicated, reordered, refused, unanswered, closed } = load;
    figures.addWorst('wrong', '', at, lost + duplicated + reordered + refused + unanswered + closed);
  }
}

/** Of each delivery, CPU in µs. */
interface Outcome {
  load: LoadResult;
  server: number;
  redis: number;
  database: number;
  perCommit: number;
}

/** A server and everybody who is connected to it. */
class Hall {
  private constructor(
    private readonly target: ParleyTarget,
    private readonly generator: LoadGenerator,
    private readonly redis: Redis | undefined,
  ) {}

  static async open(bench: Bench, settings: Record<string, string>, redis?: Redis): Promise<Hall> {
    const target = new ParleyTarget(await bench.startServer({ LOG_LEVEL: 'error', ...settings }));
    const pairs = await target.gather({ connections: PEOPLE, roomSize: 2 });
    const groups = await target.gather({ connections: PEOPLE, roomSize: GROUP });
    const clients: Client[] = [...pairs.slice(0, IN_PAIRS), ...groups.slice(IN_PAIRS)];
    const generator = bench.own(new LoadGenerator());
    const { failed, complaint } = await generator.open({
      ...{ wire: target.wire, port: target.port, clients, atOnce: AT_ONCE },
    });
    if (failed > 0) throw new Error(`${failed} could not connect: ${complaint}`);
    const hall = new Hall(target, generator, redis);
    // Everybody writes once or more: what is read once, and compiled, is not measured.
    await hall.load(PEOPLE, bench.quick ? 1 : 2);
    return hall;
  }

  async load(rate: number, seconds: number): Promise<Outcome> {
    const taken: (Cpu & { redis: number; at: number })[] = [];
    const note = () => {
      taken.push({ ...this.target.cpu(), redis: this.redis?.cpu() ?? 0, at: performance.now() });
    };
    const { database } = this.target.server;
    const begun = await nowOf(database);
    const plan = { rate, warmUp: rate / 2, seconds };
    const load = await this.generator.load(plan, { began: note, ended: note });
    const [before, after] = taken;
    if (!before || !after) throw new Error('the load was not watched');
    const delivered = (load.deliveredRate * (after.at - before.at)) / 1_000;
    const each = (of: 'server' | 'redis' | 'database') => ((after[of] - before[of]) * 1e6) / delivered;
    return {
      ...{ load, server: each('server'), redis: each('redis'), database: each('database') },
      perCommit: load.sent / (await commitsSince(database, begun)),
    };
  }
}

async function nowOf(database: Session): Promise<string> {
  const { rows } = await database.query<{ now: string }>('SELECT clock_timestamp()::text AS now');
  return rows[0]?.now ?? '';
}

/** Each leaves a row in the feed. */
async function commitsSince(database: Session, begun: string): Promise<number> {
  const { rows } = await database.query<{ n: string }>(
    'SELECT count(*) AS n FROM commit_feed WHERE committed_at >= $1::timestamptz',
    [begun],
  );
  return Number(rows[0]?.n);
}
