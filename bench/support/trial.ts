import type { Client } from '../load/client';
import type { LoadPlan, LoadResult, OpenResult } from '../load/messages';
import type { Figures } from './figures';
import { LoadGenerator } from './load-generator';
import { ParleyTarget } from './parley-target';
import { PeerTarget } from './peer-target';
import type { Cpu } from './processes';
import type { Bench } from './scenario';
import { roomsOf, type Shape, type Target } from './target';

/** Connections on their way at once, and messages a second into rooms that are not known yet. */
const AT_ONCE = 200;
const PRIMING_RATE = 2_000;

/** What a load has done, and what it has cost. */
export interface Outcome {
  load: LoadResult;
  seconds: number;
  cpu: Cpu;
  /** MiB at its end. */
  resident: number;
}

/** Parley first, then the peers that are asked for and of those named, each in a process of its own. */
export async function startTargets(bench: Bench, names?: readonly string[]): Promise<Target[]> {
  const parley = new ParleyTarget(await bench.startServer());
  const targets: Target[] = [parley];
  for (const peer of bench.peers.filter(({ name }) => !names || names.includes(name))) {
    targets.push(bench.own(await PeerTarget.start(peer, parley.server)));
  }
  return targets;
}

/** People who are connected to a target. */
export class Session {
  private constructor(
    private readonly target: Target,
    private readonly shape: Shape,
    private readonly generator: LoadGenerator,
    readonly opened: OpenResult,
  ) {}

  static async open(bench: Bench, target: Target, shape: Shape): Promise<Session> {
    const clients = await target.gather(shape);
    const generator = bench.own(new LoadGenerator());
    const opened = await connect(generator, target, clients);
    // What is sent to those who are missing would be called lost.
    if (opened.failed > 0) {
      throw new Error(`${target.name}: ${opened.failed} could not connect: ${opened.complaint}`);
    }
    return new Session(target, shape, generator, opened);
  }

  /** `mark` is called when it begins to count and when it has ended. */
  async load(plan: LoadPlan, mark: () => void = () => undefined): Promise<Outcome> {
    const { target } = this;
    if (target.meets(this.shape)) await this.prime();
    const taken: { at: number; cpu: Cpu }[] = [];
    const note = () => {
      taken.push({ at: performance.now(), cpu: target.cpu() });
      mark();
    };
    const load = await this.generator.load(plan, { began: note, ended: note });
    const [before, after] = taken;
    if (!before || !after) throw new Error('the load was not watched');
    const cpu = {
      server: after.cpu.server - before.cpu.server,
      database: after.cpu.database - before.cpu.database,
    };
    return { load, cpu, seconds: (after.at - before.at) / 1_000, resident: target.resident() };
  }

  reopen(count: number): Promise<OpenResult> {
    return this.generator.reopen(count);
  }

  close(): Promise<void> {
    return this.generator.remove();
  }

  /** A message into each room, gently: what the server has to read of it is not measured. */
  private async prime(): Promise<void> {
    const rooms = roomsOf(this.shape);
    const rate = Math.min(PRIMING_RATE, rooms);
    await this.generator.load({ rate, warmUp: 0, seconds: rooms / rate, writers: 1 });
  }
}

/** Opens connections, loads them, and ends them; a target that was left behind begins anew. */
export async function tryOnce(
  bench: Bench,
  target: Target,
  shape: Shape,
  plan: LoadPlan,
  mark?: () => void,
): Promise<Outcome> {
  const session = await Session.open(bench, target, shape);
  const outcome = await session.load(plan, mark).finally(() => session.close());
  const { complaint } = outcome.load;
  if (complaint !== undefined) bench.log(`${target.name}: ${complaint}`);
  if (outcome.load.unanswered > 0) await target.restart();
  return outcome;
}

function connect(generator: LoadGenerator, target: Target, clients: Client[]): Promise<OpenResult> {
  return generator.open({ wire: target.wire, port: target.port, clients, atOnce: AT_ONCE });
}

/** Enters an outcome into the column of a target. */
export function addOutcome(figures: Figures, at: number, { load, cpu, seconds, resident }: Outcome): void {
  const each = (share: number) => (share * 1e6) / (load.answeredRate * seconds);
  figures.add('sent', '/s', at, load.sentRate);
  figures.add('delivered', '/s', at, load.deliveredRate);
  for (const key of ['mean', 'p50', 'p95', 'p99', 'p999', 'max'] as const) {
    const value = load.delivery.count === 0 ? NaN : load.delivery[key];
    figures.add(`delivery ${key === 'p999' ? 'p99.9' : key}`, 'ms', at, value);
  }
  for (const key of ['p50', 'p99'] as const) figures.add(`answer ${key}`, 'ms', at, load.answer[key]);
  figures.add('server CPU per message', 'µs', at, each(cpu.server));
  figures.add('database CPU per message', 'µs', at, each(cpu.database));
  figures.add('server CPU', '% of a core', at, (100 * cpu.server) / seconds);
  figures.add('server memory', 'MiB', at, resident);
  for (const key of ['lost', 'duplicated', 'reordered', 'refused', 'unanswered', 'closed'] as const) {
    figures.addWorst(key, '', at, load[key]);
  }
  figures.add('generator CPU', '% of a core', at, 100 * load.generatorCpu);
  figures.add('generator late p99', 'ms', at, load.lateness);
}

/** What the chart of a load shows. */
export const CHARTED = ['server CPU per message', 'database CPU per message', 'delivery p50', 'delivery p99'];
