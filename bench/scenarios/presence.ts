import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { Crowd } from '../crowd/crowd';
import type { BenchServer } from '../support/bench-server';
import { Figures } from '../support/figures';
import { Redis } from '../support/redis';
import type { Bench, Report, Scenario } from '../support/scenario';

interface Size {
  people: number;
  friends: number;
  /** Whether one of the nodes is killed at the end. */
  killed?: boolean;
}

/** What an event costs against the number of friends; then everybody at once. */
const SIZES: readonly Size[] = [
  ...[0, 10, 100, 500].map((friends) => ({ people: 3_000, friends })),
  { people: 15_000, friends: 100, killed: true },
];
const QUICK_SIZES: readonly Size[] = [{ people: 600, friends: 100 }];
/** Somebody comes, goes, and comes again. */
const EVENTS_EACH = 3;
/** Longer than the pause between two sweeps, or what a loaded server takes. */
const QUIET_MS = 3_000;
/** From the death of a node until its lease is over, it is cleared away, and its people are looked at. */
const BURIED_MS = 25_000;

/** What Redis is asked by the servers; what scripts do inside is not among it. */
const COMMANDS = ['evalsha', 'eval', 'hgetall', 'sadd', 'srem', 'publish', 'spublish'];

/** What it costs when everybody comes and goes, against how many friends each has. */
export const presence: Scenario = {
  name: 'presence',
  takes: { full: 125, quick: 8 },
  about: 'people on two nodes come, go and come again within a minute, and of 15,000 one node is killed then',
  run,
};

async function run(bench: Bench): Promise<Report> {
  const sizes = bench.quick ? QUICK_SIZES : SIZES;
  const figures = new Figures(sizes.length);
  for (const [at, size] of sizes.entries()) {
    const redis = await Redis.start();
    try {
      await storm(bench, redis, size, (name, unit, value) => figures.add(name, unit, at, value));
    } finally {
      await redis.stop();
    }
  }
  const of = ({ people, friends }: Size) => `${friends}, of ${people.toLocaleString('en')}`;
  return {
    ...{ of: 'friends', sizes: sizes.map(of), figures: figures.all(), unlike: true },
    charted: ['changes told, per event', 'CPU of both servers, per event'],
  };
}

async function storm(
  bench: Bench,
  redis: Redis,
  { people, friends, killed }: Size,
  add: (name: string, unit: string, value: number) => void,
): Promise<void> {
  const settings = {
    ...{ JWT_SECRET: randomBytes(48).toString('base64'), REDIS_URL: redis.url, HEARTBEAT_SECONDS: '300' },
  };
  const first = await bench.startServer(settings);
  const second = await bench.startServer({ ...settings, DATABASE_URL: first.databaseUrl });
  const names = Array.from({ length: people }, (_, i) => `visitor-${i}`);
  const accounts = await first.accounts(...names);
  const userIds = accounts.map(({ userId }) => userId);
  await befriend(first.database, userIds, friends);
  const tokens = accounts.map(({ accessToken }) => accessToken);
  const crowd = await Crowd.start({ userIds, tokens, friends });
  const nodes = [first, second];
  const urls = nodes.map(({ url }) => url);
  try {
    const before = await costs(nodes, redis);
    const begun = performance.now();
    await crowd.come(urls);
    await crowd.go();
    await crowd.come([...urls].reverse());
    const seconds = (performance.now() - begun) / 1_000;
    bench.log(`${people} people with ${friends} friends: ${seconds.toFixed(1)} s`);
    const { told, most } = await crowd.count(QUIET_MS);
    const after = await costs(nodes, redis);
    const events = people * EVENTS_EACH;
    add('come, go and come again', 's', seconds);
    add('changes told, per event', '', told / events);
    add('connected watchers, per event', '', friends);
    add('changes told of one to another, at most', '', most);
    add('Redis commands, per event', '', (after.commands - before.commands) / events);
    add('CPU of both servers, per event', 'µs', ((after.servers - before.servers) * 1e6) / events);
    add('CPU of Redis, per event', 'µs', ((after.redis - before.redis) * 1e6) / events);
    add('CPU of the database, per event', 'µs', ((after.database - before.database) * 1e6) / events);
    add('RSS of a server', 'MiB', first.rssMiB());
    if (killed) add('changes told after the death of a node', '', await die(crowd, first, second));
  } finally {
    await crowd.disperse();
    for (const node of nodes.reverse()) await node.remove();
  }
}

/** Changes that are told when the people of a dead node are with the other before its lease is over. */
async function die(crowd: Crowd, first: BenchServer, second: BenchServer): Promise<number> {
  await second.kill();
  const died = performance.now();
  await crowd.go();
  await crowd.come([first.url]);
  const { told } = await crowd.count(Math.max(QUIET_MS, died + BURIED_MS - performance.now()));
  return told;
}

/** In a circle, each with those next to them. */
async function befriend(client: Client, userIds: readonly string[], friends: number): Promise<void> {
  await client.query(
    `INSERT INTO contact (user_id, contact_id, state)
     SELECT ($1::uuid[])[1 + i], ($1::uuid[])[1 + (i + away + cardinality($1::uuid[])) % cardinality($1::uuid[])], 'accepted'
     FROM generate_series(0, cardinality($1::uuid[]) - 1) i, generate_series($2::int, -$2::int, -1) away
     WHERE away <> 0`,
    [userIds, friends / 2],
  );
  await client.query('VACUUM ANALYZE');
}

async function costs(nodes: readonly BenchServer[], redis: Redis) {
  const commands = await redis.commands();
  const cpu = nodes.map((node) => node.cpu());
  return {
    commands: COMMANDS.reduce((sum, name) => sum + (commands.get(name) ?? 0), 0),
    redis: redis.cpu(),
    servers: cpu.reduce((sum, { server }) => sum + server, 0),
    // Both nodes have the same one.
    database: cpu[0]?.database ?? 0,
  };
}
