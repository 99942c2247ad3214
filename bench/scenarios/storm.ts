import { setTimeout as pause } from 'node:timers/promises';
import type { Minted } from '../../tools/accounts/mint';
import { Crowd } from '../support/crowd';
import type { Arrival } from '../support/crowd-process';
import { Figures } from '../support/figures';
import { Fleet } from '../support/fleet';
import type { Bench, Report, Scenario } from '../support/scenario';
import { makeConversations, type StormData, writeMissed } from '../support/storm-data';
import { Talk } from '../support/talk';

const ROUNDS = 3;
const CLIENTS = 15_000;
const QUICK_CLIENTS = 1_500;
/** People who go on talking while others come back. */
const TALKERS = 20;
const GENTLE = 100;
/** Until the leases of a dead server are over, or all is announced of those who have gone. */
const SETTLED_MS = 5_000;
const QUICK_SETTLED_MS = 1_000;
const [CRASH, ALL] = [0, 1];

/** Everybody comes back at once: a third, whose server has crashed, or all to one server. */
export const storm: Scenario = {
  name: 'storm',
  takes: { full: 150, quick: 16 },
  about: 'a third of 15,000 clients lose their server and go to two others; then all come to one at once',
  run,
};

interface Scene {
  bench: Bench;
  fleet: Fleet;
  crowd: Crowd;
  data: StormData;
  clients: Minted[];
  talkers: Minted[];
}

async function run(bench: Bench): Promise<Report> {
  const count = bench.quick ? QUICK_CLIENTS : CLIENTS;
  const fleet = await Fleet.start(bench, 3);
  const scene = await prepare(bench, fleet, count);
  const figures = new Figures(2);
  try {
    for (let n = 1; n <= (bench.quick ? 1 : ROUNDS); n++) {
      bench.log(`round ${n}`);
      await crash(scene, figures);
      await everybody(scene, figures);
    }
  } finally {
    scene.crowd.end();
    await fleet.end();
  }
  const each = (number: number) => number.toLocaleString('en');
  const sizes = [`${each(count / 3)} of ${each(count)}`, each(count)];
  return {
    ...{ of: 'who', sizes, figures: figures.all(), unlike: true },
    charted: ['until all are back', 'server CPU a client', 'database CPU a client'],
  };
}

async function prepare(bench: Bench, fleet: Fleet, count: number): Promise<Scene> {
  const [first] = fleet.servers;
  if (!first) throw new Error('there is no server');
  bench.log(`making ${count.toLocaleString('en')} people and their conversations`);
  const clients = await first.accounts(...Array.from({ length: count }, (_, i) => `client-${i}`));
  const talkers = await first.accounts(...Array.from({ length: TALKERS }, (_, i) => `talker-${i}`));
  const data = await makeConversations(
    first.database,
    clients.map(({ userId }) => userId),
  );
  const crowd = await Crowd.make(clients.map(({ accessToken }) => accessToken));
  return { bench, fleet, crowd, data, clients, talkers };
}

/** The last of three servers is killed; its clients go to the two others at once. */
async function crash(scene: Scene, figures: Figures): Promise<void> {
  const { bench, fleet, crowd, clients } = scene;
  const urls = fleet.servers.map(({ url }) => url);
  const others = fleet.servers.slice(0, -1);
  const lost = fleet.servers.at(-1);
  await crowd.connect(0, clients.length, urls, GENTLE);
  await miss(scene);
  bench.log('all are connected');
  const talk = await Talk.begin(scene.talkers, urls.slice(0, -1));
  await lookInside(others);
  const start = performance.now();
  await pause(bench.quick ? 1_000 : 3_000);
  const { statements } = await lookInside(others);
  const idle = (statements * 1_000) / (performance.now() - start);
  figures.add('delivery before p99', 'ms', CRASH, talk.take().quantile(0.99));
  const back = crowd.comeBack(clients.length / 3, urls.slice(0, -1));
  await lost?.kill();
  const arrival = await back;
  await tell(figures, CRASH, arrival, { servers: others, count: clients.length / 3, idle });
  const delivery = talk.take();
  figures.add('delivery during p99', 'ms', CRASH, delivery.quantile(0.99));
  figures.add('delivery during max', 'ms', CRASH, delivery.quantile(1));
  bench.log(
    `all back after ${Math.round(arrival.all)} ms, ${arrival.refused} refused, ${arrival.failed} failed`,
  );
  talk.end();
  await crowd.leave();
  await lost?.restart();
  await settled(bench);
}

/** Nobody is connected, and then everybody comes to the first server. */
async function everybody(scene: Scene, figures: Figures): Promise<void> {
  const { bench, fleet, crowd, clients } = scene;
  const one = fleet.servers.slice(0, 1);
  await miss(scene);
  await lookInside(one);
  const arrival = await crowd.connect(
    0,
    clients.length,
    one.map(({ url }) => url),
  );
  await tell(figures, ALL, arrival, { servers: one, count: clients.length, idle: 0 });
  bench.log(
    `all there after ${Math.round(arrival.all)} ms, ${arrival.refused} refused, ${arrival.failed} failed`,
  );
  await crowd.leave();
  await settled(bench);
}

function settled({ quick }: Bench): Promise<void> {
  return pause(quick ? QUICK_SETTLED_MS : SETTLED_MS);
}

async function miss({ fleet, data, talkers }: Scene): Promise<void> {
  const [first] = fleet.servers;
  if (first)
    await writeMissed(
      first.database,
      data,
      talkers.map(({ userId }) => userId),
    );
}

/** What some servers have done since the last look, all together; of the event loops the worst. */
async function lookInside(servers: Fleet['servers']) {
  const looks = await Promise.all(servers.map((server) => server.lookInside()));
  const sum = (of: (look: (typeof looks)[number]) => number) =>
    looks.reduce((all, look) => all + of(look), 0);
  return {
    statements: sum((look) => look.statements),
    server: sum((look) => look.server),
    // All look at the same database.
    database: looks[0]?.database ?? 0,
    loopDelayMax: Math.max(...looks.map((look) => look.loopDelayMax)),
    loopDelayP99: Math.max(...looks.map((look) => look.loopDelayP99)),
  };
}

/** `idle`: statements a second that the servers and those who talk make anyway. */
async function tell(
  figures: Figures,
  size: number,
  { all, p50, p99, refused, failed, cpu }: Arrival,
  { servers, count, idle }: { servers: Fleet['servers']; count: number; idle: number },
): Promise<void> {
  const inside = await lookInside(servers);
  const statements = inside.statements - (idle * all) / 1_000;
  figures.add('until all are back', 's', size, all / 1_000);
  figures.add('one client p50', 'ms', size, p50);
  figures.add('one client p99', 'ms', size, p99);
  figures.add('statements a client', '', size, statements / count);
  figures.add('event loop late max', 'ms', size, inside.loopDelayMax);
  figures.add('event loop late p99', 'ms', size, inside.loopDelayP99);
  figures.add('server CPU a client', 'µs', size, (inside.server * 1e6) / count);
  figures.add('database CPU a client', 'µs', size, (inside.database * 1e6) / count);
  figures.add('CPU of a client itself', 'µs', size, cpu);
  figures.add('refused', '', size, refused);
  figures.add('failed', '', size, failed);
}
