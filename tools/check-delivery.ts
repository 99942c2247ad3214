import { randomInt } from 'node:crypto';
import { ParleyRest } from '@parley/client';
import type { ClientConfig } from 'pg';
import { isThere } from './accounts/register';
import { openServerSide } from './accounts/server-side';
import { Afflictions } from './delivery/afflictions';
import { chooseFaults, type Faults } from './delivery/faults';
import { Findings } from './delivery/findings';
import { OwnServer } from './delivery/own-server';
import { Random } from './delivery/random';
import { describe, describeFinding } from './delivery/report';
import { play } from './delivery/run';
import { watchStandstill } from './delivery/standstill';
import { Options } from './support/options';
import { Refusal, runTool } from './support/refusal';

const USAGE =
  'npm run check:delivery -- --seconds N --clients N [--servers N | --url http://localhost:3000] [--faults none|all|LIST] [--with model|client|both] [--seed S]';
const SECONDS = 60;
const CLIENTS = 20;
/** What clients are built on, and the share of them that are built on the client package. */
const BUILDS: Record<string, number> = { model: 0, both: 0.5, client: 1 };
const SEEDS = 2 ** 32;
const INTERRUPTED = 130;

/** Lets clients live with faults for a while, and holds what they have then against what they should. */
async function main(): Promise<void> {
  const options = new Options(['url', 'servers', 'seconds', 'clients', 'faults', 'with', 'seed'], USAGE);
  if (options.positionals.length > 0) {
    throw options.refuse(`"${options.positionals[0]}" has no option before it`);
  }
  const url = options.url('url');
  const seconds = options.count('seconds', SECONDS);
  const clients = options.count('clients', CLIENTS);
  const seed = options.count('seed', randomInt(1, 1e9));
  const servers = options.count('servers', 1);
  if (url !== undefined && options.text('servers') !== undefined) {
    throw options.refuse('--servers is for servers of its own, and --url for one that runs already');
  }
  const faults = chooseFaults(options.text('faults', 'all'), url === undefined ? servers : 0);
  const packaged = BUILDS[options.text('with', 'both')];
  if (packaged === undefined) throw options.refuse('--with is one of model, client, both');
  if (clients < 2) throw options.refuse('--clients must be at least 2');
  const among = servers > 1 ? ` among ${servers} servers` : '';
  console.log(`seed ${seed}: ${clients} clients for ${seconds} s${among}`);
  if (faults.omitted.length > 0) {
    console.log(`Not inflicted on a server that is not the checker's own: ${faults.omitted.join(', ')}`);
  }
  await check({ url, servers, seconds, clients, packaged, seed, faults });
}

interface Asked {
  url: string | undefined;
  servers: number;
  seconds: number;
  clients: number;
  packaged: number;
  seed: number;
  faults: Faults;
}

async function check({ url, servers, seconds, clients, packaged, seed, faults }: Asked): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());
  const afflictions = new Afflictions();
  const findings = new Findings(afflictions, (finding) => console.error(describeFinding(finding)));
  const server =
    url === undefined
      ? await OwnServer.start(servers, (how) => {
          findings.add('unexplained', `a server ended by itself with ${how}`);
        })
      : null;
  const standstill = watchStandstill(afflictions);
  try {
    const place = await settle(url, server);
    const random = new Random(seed % SEEDS);
    const run = { ...place, server, seconds, clients, packaged, faults, random, findings, afflictions };
    const played = await play({ ...run, signal: stop.signal });
    for (const line of describe(played, afflictions, findings)) console.log(line);
    if (findings.total > 0 && server) console.error(`Said last:\n${server.lastWords}`);
    console.log(`\n${findings.total === 0 ? 'Nothing is wrong' : 'Something is wrong'} (seed ${seed})`);
    if (findings.total > 0) process.exitCode = 1;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    console.error('Stopped: nothing was compared.');
    process.exitCode = INTERRUPTED;
  } finally {
    standstill.stop();
    await server?.remove();
  }
}

/** Where the servers are, and how their database is reached if it can be. */
async function settle(
  url: string | undefined,
  server: OwnServer | null,
): Promise<{ urls: [string, ...string[]]; database: ClientConfig | null }> {
  if (server) return { urls: server.urls, database: server.database };
  const there = url ?? '';
  if (!(await isThere(new ParleyRest({ url: there, fetch })))) {
    throw new Refusal(`No Parley answers at ${there}: start one with npm start, or name another with --url.`);
  }
  const serverSide = await openServerSide({}).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    console.log(error.message);
    return null;
  });
  return { urls: [there], database: serverSide?.database ?? null };
}

runTool(main);
