import { setTimeout as pause } from 'node:timers/promises';
import { Figures } from '../support/figures';
import { fillMessages } from '../support/fill';
import { LoadGenerator } from '../support/load-generator';
import { ParleyTarget } from '../support/parley-target';
import type { Bench, Report, Scenario } from '../support/scenario';

const CONNECTIONS = 15_000;
const ROUNDS = 3;
/** On their way at any moment. */
const AT_ONCE = 1_000;
const MESSAGES = 20;
/** After which PostgreSQL has counted what its sessions have done. */
const COUNTED_AFTER = 10_500;

/** Everybody comes back: what it takes until all are authenticated and have synced. */
export const connect: Scenario = {
  name: 'connect',
  takes: { full: 50, quick: 7 },
  about: `${CONNECTIONS.toLocaleString('en')} clients come back, as fast as they are let in, and sync`,
  run,
};

async function run(bench: Bench): Promise<Report> {
  const target = new ParleyTarget(await bench.startServer());
  const { database } = target.server;
  const clients = await target.gather({ connections: bench.quick ? 2_000 : CONNECTIONS, roomSize: 2 });
  const rooms = [...new Set(clients.map(({ room }) => room))];
  const senderIds = clients.slice(0, 2).map(({ id }) => id);
  await fillMessages(database, rooms, { from: 1, to: MESSAGES, senderIds });
  await database.query('VACUUM ANALYZE');
  const transactions = async () => {
    await pause(COUNTED_AFTER);
    const { rows } = await database.query<{ n: string }>(
      `SELECT xact_commit + xact_rollback AS n FROM pg_stat_database WHERE datname = current_database()`,
    );
    return Number(rows[0]?.n);
  };
  const figures = new Figures(1);
  for (let n = 1; n <= (bench.quick ? 1 : ROUNDS); n++) {
    bench.log(`round ${n}`);
    const generator = bench.own(new LoadGenerator());
    // Once is enough, and it takes its time.
    const isCounted = n === 1 && !bench.quick;
    const counted = isCounted ? await transactions() : NaN;
    const before = target.cpu();
    const plan = { wire: 'parleySync', port: target.port, clients, atOnce: AT_ONCE } as const;
    const { opened, failed, seconds, latency, complaint } = await generator.open(plan);
    if (failed > 0) throw new Error(`${failed} could not connect: ${complaint}`);
    const after = target.cpu();
    figures.add('all are back', 's', 0, seconds);
    for (const key of ['p50', 'p99', 'max'] as const) figures.add(`client ${key}`, 'ms', 0, latency[key]);
    figures.add('server CPU per client', 'µs', 0, ((after.server - before.server) * 1e6) / opened);
    figures.add('database CPU per client', 'µs', 0, ((after.database - before.database) * 1e6) / opened);
    if (isCounted) {
      figures.add('transactions per client', '', 0, ((await transactions()) - counted) / opened);
    }
    figures.add('server memory', 'MiB', 0, target.resident());
    await generator.remove();
  }
  return {
    ...{ of: 'clients', sizes: [clients.length.toLocaleString('en')], figures: figures.all() },
    charted: ['server CPU per client', 'database CPU per client'],
  };
}
