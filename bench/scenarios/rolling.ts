import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Crowd, type Verdict } from '../rolling/crowd';
import type { BenchServer } from '../support/bench-server';
import { makeCertificate } from '../support/certificate';
import { Figures } from '../support/figures';
import { HaProxy } from '../support/haproxy';
import { freePort } from '../support/ports';
import { Redis } from '../support/redis';
import type { Bench, Report, Scenario } from '../support/scenario';

const SERVERS = 3;
/** Until HAProxy has noticed; see deploy/. */
const SETTINGS = { DRAIN_PAUSE: '3', ACCESS_TOKEN_TTL: '86400' };

interface Size {
  connections: number;
  sentPerSecond: number;
  rounds: number;
  /** How many of the servers are started anew. */
  restarted: number;
}

interface Stand {
  proxy: HaProxy;
  nodes: BenchServer[];
  /** Of a server that has the database, and no clients. */
  owner: BenchServer;
  settings: Record<string, string>;
  ca: string;
}

/** Three servers behind HAProxy are started anew in turn while people write to one another. */
export const rolling: Scenario = {
  name: 'rolling',
  takes: { full: 150, quick: 16 },
  about: 'three servers behind HAProxy are started anew in turn under load: what clients see of it',
  async run(bench: Bench): Promise<Report> {
    const size: Size = bench.quick
      ? { connections: 300, sentPerSecond: 100, rounds: 1, restarted: 1 }
      : { connections: 3_000, sentPerSecond: 300, rounds: 2, restarted: SERVERS };
    const dir = mkdtempSync(join(tmpdir(), 'parley-rolling-'));
    const redis = await Redis.start();
    let proxy: HaProxy | undefined;
    let nodes: BenchServer[] = [];
    try {
      const settings = { ...SETTINGS, JWT_SECRET: randomUUID() + randomUUID(), REDIS_URL: redis.url };
      const { owner, database } = await startOwner(bench, settings);
      nodes = await startNodes(bench, { ...settings, ...database });
      const certificate = makeCertificate(dir);
      proxy = await HaProxy.start({ dir, certificate, servers: nodes.map(({ url }) => url) });
      const stand = { proxy, nodes, owner, ca: certificate.ca, settings: { ...settings, ...database } };
      return await measure(bench, size, stand);
    } finally {
      // Nobody is connected any more: drained they would only wait.
      for (const node of nodes) await node.kill();
      await proxy?.stop();
      await redis.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  },
};

async function startOwner(bench: Bench, settings: Record<string, string>) {
  const owner = await bench.startServer({ ...settings, DRAIN_PAUSE: '0' });
  return { owner, database: { DATABASE_URL: owner.databaseUrl } };
}

async function startNodes(bench: Bench, settings: Record<string, string>): Promise<BenchServer[]> {
  const nodes: BenchServer[] = [];
  while (nodes.length < SERVERS) {
    // The same after each start, so that the balancer finds it again.
    const PORT = String(await freePort());
    nodes.push(await bench.startServer({ ...settings, PORT }));
  }
  return nodes;
}

async function measure(bench: Bench, size: Size, stand: Stand): Promise<Report> {
  const figures = new Figures(1);
  const verdicts: Verdict[] = [];
  for (let round = 1; round <= size.rounds; round++) {
    const { verdict, crowd } = await rollOnce(bench, size, stand, `round${round}`);
    verdicts.push(verdict);
    const { tally } = crowd;
    bench.log(`round ${round}: ${JSON.stringify(verdict)}, failures ${JSON.stringify([...tally.failures])}`);
    figures.add('longest without connection', 'ms', 0, tally.longestAway);
    figures.add('longest from send to delivery', 'ms', 0, tally.longestDelivery);
    for (const [share, name] of [
      [0.5, 'p50'],
      [0.99, 'p99'],
    ] as const)
      figures.add(`from send to delivery ${name}`, 'ms', 0, tally.delivery.quantile(share));
    figures.add('sent', '', 0, verdict.sent);
    figures.add('closed with 4503', '', 0, verdict.closes['4503'] ?? 0);
  }
  // One that is wrong in any round is wrong.
  const sums = new Figures(1);
  for (const name of ['lost', 'duplicated', 'reordered'] as const)
    sums.add(
      name,
      '',
      0,
      sum(verdicts, (verdict) => verdict[name]),
    );
  sums.add(
    'closed with 1006',
    '',
    0,
    sum(verdicts, ({ cut }) => cut),
  );
  const otherwise = ({ closes }: Verdict) => Object.keys(closes).filter((code) => !/4503|1006/.test(code));
  sums.add(
    'closed otherwise',
    '',
    0,
    sum(verdicts, (verdict) => otherwise(verdict).length),
  );
  sums.add(
    'against the protocol',
    '',
    0,
    sum(verdicts, ({ problems }) => problems.length),
  );
  sums.add(
    'not let in',
    '',
    0,
    sum(verdicts, ({ refusals }) => sumOf(Object.values(refusals))),
  );
  const sizes = [`${size.connections}, ${size.sentPerSecond} sends/s, ${size.rounds} rounds`];
  return { of: 'connections', sizes, figures: [...sums.all(), ...figures.all()] };
}

/** All servers are started anew in turn, the next when everybody is back from the one before. */
async function rollOnce(
  bench: Bench,
  size: Size,
  { proxy, nodes, owner, settings, ca }: Stand,
  prefix: string,
) {
  const conversations = size.connections / 2;
  const where = { url: proxy.url, ca, server: nodes[0]?.url ?? '' };
  const crowd = await Crowd.gather({ conversations, settings, prefix, ...where });
  try {
    await crowd.connect();
    bench.log(`${size.connections} are connected`);
    crowd.talk(size.sentPerSecond);
    for (const [index, node] of nodes.slice(0, size.restarted).entries()) {
      await proxy.untilServes(index);
      await node.restart();
      await proxy.untilServes(index);
      await crowd.allConnected();
      bench.log(`server ${index + 1} has been started anew`);
    }
    await crowd.rest();
    return { crowd, verdict: await crowd.judge(owner.database) };
  } finally {
    crowd.end();
  }
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return sumOf(values.map(of));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
