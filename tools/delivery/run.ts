import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientConfig } from 'pg';
import { pause } from '../support/flow';
import { Actor, type Act } from './actor';
import type { Afflictions } from './afflictions';
import { Storage } from './app-acts';
import { BLOCK_ACTS } from './block-acts';
import { Cast } from './cast';
import { compareClients } from './comparing';
import { Courier } from './courier';
import { isTheirs } from './database-reader';
import type { OwnScene, Scene } from './fault';
import type { Faults } from './faults';
import type { Findings } from './findings';
import { GROUP_ACTS, makeGroup } from './group-acts';
import { inflictInTurn, inflictOnSockets } from './inflictor';
import { judgeBlocks, judgeLedger, judgeNumbers, judgePermission } from './judge';
import { Ledger } from './ledger';
import { MESSAGE_ACTS } from './message-acts';
import type { Device } from './device';
import type { OwnServer } from './own-server';
import { patientFetch } from './patient-fetch';
import type { Random } from './random';
import { Tally } from './tally';

/** What a run is given. */
export interface Run {
  urls: readonly [string, ...string[]];
  server: OwnServer | null;
  /** Null: it is not compared. */
  database: ClientConfig | null;
  seconds: number;
  clients: number;
  /** The share of the clients that are built on the client package. */
  packaged: number;
  faults: Faults;
  random: Random;
  findings: Findings;
  afflictions: Afflictions;
  signal: AbortSignal;
}

/** What a run comes to, besides its findings. */
export interface Played {
  acts: Tally;
  apps: Tally;
  people: number;
  conversations: number;
  messages: number;
}

const PAUSE_MS = 900;
/** The share of the time at the end in which nothing is inflicted: what is wrong then is wrong for good. */
const CALM_SHARE = 0.12;
const LEAST_CALM_SECONDS = 2;
const CLIENTS_PER_GROUP = 3;
const DOUBLED_SHARE = 0.15;
const ANSWERED_WITHIN_MS = 90_000;
const QUIET_MS = 2_500;
const QUIET_WITHIN_MS = 60_000;

/** Lets clients live for a while, and holds what they have then against what they should. */
export async function play(run: Run): Promise<Played> {
  const { findings, signal } = run;
  const cast = await Cast.make(run.clients, { ...run, fetch: patientFetch }, signal);
  const ledger = new Ledger(findings);
  const tally = new Tally();
  const apps = new Tally();
  const courier = new Courier(findings, tally);
  try {
    const database = run.database && (await isTheirs(run.database, cast.userIds)) ? run.database : null;
    if (!database) console.log('The database is not compared: it is not reached by the settings here');
    for (const client of cast.clients) client.start();
    const stage = {
      ...{ courier, ledger, userIds: cast.userIds, clients: cast.byUser },
      doubling: run.faults.doubled ? DOUBLED_SHARE : 0,
    };
    const actors = cast.clients.map((client) => new Actor(client, stage, run.random.fork()));
    await makeFirstGroups(actors, run);
    await live(actors, apps, cast, run);
    for (const { name, device } of courier.underWay.keys()) {
      findings.add('unexplained', `${name} of ${device} got no answer`, { device });
    }
    await untilQuiet(cast.clients, findings);
    await Promise.all(cast.clients.map((client) => client.readAll()));
    const truth = await compareClients(cast, database, findings);
    judgeLedger(ledger, truth, findings);
    judgeNumbers(truth, findings);
    judgePermission(cast.sightings, truth, cast.userIds, findings);
    judgeBlocks(ledger.blocks, truth, run.afflictions, findings);
    const messages = [...truth.values()].reduce((sum, each) => sum + each.messages.size, 0);
    return { acts: tally, apps, people: cast.userIds.length, conversations: truth.size, messages };
  } finally {
    courier.giveUp();
    await cast.leave();
  }
}

async function makeFirstGroups(actors: readonly Actor[], { random, clients }: Run): Promise<void> {
  const founders = random.shuffled(actors).slice(0, Math.max(1, Math.floor(clients / CLIENTS_PER_GROUP)));
  const making = founders.map((founder) => {
    const others = founder.stage.userIds.filter((id) => id !== founder.userId);
    return makeGroup(founder, random.shuffled(others).slice(0, random.between(2, 9)));
  });
  await Promise.all(making);
}

/** Everybody acts, and what is to be inflicted is inflicted until shortly before the end. */
async function live(actors: readonly Actor[], apps: Tally, cast: Cast, run: Run): Promise<void> {
  const { faults, random, afflictions, server, findings } = run;
  const storage = new Storage((what) => apps.count(what, 'acked'));
  const acts: readonly [Act, ...Act[]] = [
    ...[...MESSAGE_ACTS, ...GROUP_ACTS, ...BLOCK_ACTS, ...storage.acts],
  ] as [Act, ...Act[]];
  const end = new AbortController();
  const calm = new AbortController();
  const calmSeconds = Math.max(LEAST_CALM_SECONDS, run.seconds * CALM_SHARE);
  const timers = [
    setTimeout(() => calm.abort(), (run.seconds - calmSeconds) * 1_000),
    setTimeout(() => end.abort(), run.seconds * 1_000),
  ];
  const stop = () => [calm, end].forEach((each) => each.abort());
  run.signal.addEventListener('abort', stop, { once: true });
  const scene: Scene = { roads: cast.roads, afflictions, random: random.fork() };
  const inflicting: Promise<void>[] = [];
  if (faults.sockets.length > 0) inflicting.push(inflictOnSockets(faults.sockets, scene, calm.signal));
  // Redis may be away whatever else happens; servers are not started while their database is.
  for (const chosen of [faults.server, faults.redis]) {
    if (chosen.length === 0 || !server) continue;
    const own: OwnScene = { ...scene, random: random.fork(), server };
    inflicting.push(inflictInTurn(chosen, own, findings, calm.signal));
  }
  const acting = Promise.all(actors.map((actor) => actor.act(acts, PAUSE_MS, end.signal)));
  await Promise.all(inflicting);
  await aborted(end.signal);
  const patience = new AbortController();
  await Promise.race([acting, sleep(ANSWERED_WITHIN_MS, undefined, patience).catch(() => undefined)]);
  patience.abort();
  for (const timer of timers) clearTimeout(timer);
  run.signal.removeEventListener('abort', stop);
  run.signal.throwIfAborted();
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Waits until everybody is connected, has caught up and hears nothing any more. */
async function untilQuiet(clients: readonly Device[], findings: Findings): Promise<void> {
  const begun = performance.now();
  const until = begun + QUIET_WITHIN_MS;
  // What was answered a moment ago may still be on its way to the others.
  const isQuiet = ({ isSettled, heardAt }: Device) =>
    isSettled && performance.now() - Math.max(begun, heardAt) > QUIET_MS;
  while (performance.now() < until && !clients.every(isQuiet)) await pause(100);
  for (const client of clients) {
    if (!isQuiet(client))
      findings.add('unexplained', `${client.name} did not come to rest`, { device: client.name });
  }
}
