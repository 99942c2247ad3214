import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { Options } from '../tools/support/options';
import { Refusal, runTool } from '../tools/support/refusal';
import { SCENARIOS } from './scenarios/all';
import { BenchServer } from './support/bench-server';
import { chart } from './support/chart';
import { panelsOf, renewDocument, type Run } from './support/document';
import { type Peer, PEERS } from './support/peers';
import type { Bench, Owned, Report, Scenario } from './support/scenario';
import { table } from './support/table';

const DEFAULT = SCENARIOS.filter(({ apart }) => !apart);
const USAGE = `npm run bench [-- SCENARIO… --quick --docs --peers NAME,… --json FILE]
Scenarios: ${DEFAULT.map(({ name }) => name).join(', ')}: these when none is named. Apart, because they take long: ${SCENARIOS.filter(
  ({ apart }) => apart,
)
  .map(({ name }) => name)
  .join(', ')}.
--peers: whom to measure beside, of ${PEERS.map(({ name }) => name).join(', ')}, or none; all when it is missing.
--docs: renews the tables and charts of docs/performance.md.`;
const ROOT = join(__dirname, '../..');

/** Runs scenarios one after the other, prints a table of each, and keeps their figures as JSON and as a chart. */
async function main(): Promise<void> {
  const options = new Options(['json', 'peers'], USAGE, ['quick', 'docs']);
  const unknown = options.positionals.find((name) => SCENARIOS.every((scenario) => scenario.name !== name));
  if (unknown !== undefined) throw options.refuse(`There is no scenario "${unknown}"`);
  if (process.platform !== 'linux') throw new Refusal('The bench reads /proc: it runs on Linux only.');
  const settings = { quick: options.flag('quick'), peers: peersOf(options) };
  const chosen = choose(options.positionals, settings.quick);
  const at = new Date().toISOString();
  const run: Run = { at, quick: settings.quick, machine: machine(), results: [] };
  const file = options.text('json', join(ROOT, 'bench/results', `${at.replaceAll(/[:.]/g, '-')}.json`));
  const failed: string[] = [];
  console.log(`This takes about ${estimateOf(chosen, settings.quick)}.`);
  const begun = performance.now();
  for (const scenario of chosen) {
    const { name, about } = scenario;
    console.log(`\n${name}: ${about}`);
    const [load = NaN] = loadavg();
    const begunThis = performance.now();
    try {
      const report = await runScenario(scenario, settings);
      const seconds = secondsSince(begunThis);
      console.log(`\n${table(report).join('\n')}\n\n${name} took ${seconds} s`);
      run.results.push({ scenario: name, about, load, seconds, ...report });
    } catch (error) {
      console.error(error);
      failed.push(name);
    }
    // After each: who cuts a run short keeps what it has found.
    keep(run, file);
    if (options.flag('docs')) renewDocument(join(ROOT, 'docs'), run);
  }
  console.log(`\nIt took ${inMinutes(secondsSince(begun))} in all.`);
  console.log(`Kept in ${file}, with a chart beside it`);
  if (failed.length > 0) throw new Refusal(`Failed, and without figures: ${failed.join(', ')}`);
}

function choose(names: readonly string[], quick: boolean): readonly Scenario[] {
  if (names.length > 0) return SCENARIOS.filter(({ name }) => names.includes(name));
  return DEFAULT.filter(({ large = false }) => !(quick && large));
}

function secondsSince(begun: number): number {
  return Math.round((performance.now() - begun) / 1_000);
}

function inMinutes(seconds: number): string {
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function estimateOf(scenarios: readonly Scenario[], quick: boolean): string {
  const known = scenarios.flatMap(({ takes }) => takes ?? []);
  const seconds = known.reduce((sum, { full, quick: short }) => sum + (quick ? short : full), 0);
  const rest = scenarios.length - known.length;
  return `${inMinutes(seconds)}${rest > 0 ? `, and what ${rest} of them take that nobody has timed` : ''}`;
}

function peersOf(options: Options): readonly Peer[] {
  const names = options.text('peers')?.split(',');
  if (!names) return PEERS;
  const unknown = names.find((name) => name !== 'none' && PEERS.every((peer) => peer.name !== name));
  if (unknown !== undefined) throw options.refuse(`There is no peer "${unknown}"`);
  return PEERS.filter(({ name }) => names.includes(name));
}

function keep(run: Run, file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(run, null, 2)}\n`);
  writeFileSync(`${file.replace(/\.json$/, '')}.svg`, chart(run.results.flatMap(panelsOf)));
}

async function runScenario(scenario: Scenario, settings: Pick<Bench, 'quick' | 'peers'>): Promise<Report> {
  const owned: Owned[] = [];
  const own = <Thing extends Owned>(thing: Thing): Thing => {
    owned.push(thing);
    return thing;
  };
  // The last first: who loads a server goes before it.
  const removeAll = async () => {
    for (const thing of owned.splice(0).reverse()) await thing.remove().catch(console.error);
  };
  // Once, however often it is told: what it is told for the second time must not leave servers behind.
  let halting: Promise<void> | undefined;
  const halt = () => void (halting ??= removeAll().finally(() => process.exit(130)));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, halt);
  try {
    return await scenario.run({
      ...settings,
      own,
      log: (line) => console.log(`  ${new Date().toISOString().slice(11, 19)} ${line}`),
      startServer: async (wanted) => own(await BenchServer.start(wanted)),
    });
  } finally {
    // Who was halted must not end before the servers have.
    await (halting ?? removeAll());
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, halt);
  }
}

function machine(): Record<string, unknown> {
  return {
    ...{ cpus: cpus().length, cpu: cpus()[0]?.model, memoryMiB: Math.round(totalmem() / 2 ** 20) },
    ...{ node: process.version, commit: commit() },
  };
}

/** Null where the sources came without git. */
function commit(): string | null {
  const git = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' });
  return git.status === 0 ? git.stdout.trim() : null;
}

runTool(main);
