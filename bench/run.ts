import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { Options } from '../tools/support/options';
import { Refusal, runTool } from '../tools/support/refusal';
import { delivery } from './scenarios/delivery';
import { historyCost } from './scenarios/history-cost';
import { memberCost } from './scenarios/member-cost';
import { presence } from './scenarios/presence';
import { rolling } from './scenarios/rolling';
import { storage } from './scenarios/storage';
import { workers } from './scenarios/workers';
import { storm } from './scenarios/storm';
import { BenchServer } from './support/bench-server';
import type { Report, Scenario } from './support/scenario';
import { table } from './support/table';

const SCENARIOS: readonly Scenario[] = [
  historyCost,
  memberCost,
  storage,
  delivery,
  presence,
  rolling,
  storm,
  workers,
];
const NAMES = SCENARIOS.map(({ name }) => name).join(', ');
const USAGE = `npm run bench [-- SCENARIO… --quick --json FILE]\nScenarios: ${NAMES}; all when none is named.`;
const ROOT = join(__dirname, '../..');

/** Runs scenarios one after the other, prints a table of each, and keeps its figures as JSON. */
async function main(): Promise<void> {
  const options = new Options(['json'], USAGE, ['quick']);
  const unknown = options.positionals.find((name) => SCENARIOS.every((scenario) => scenario.name !== name));
  if (unknown !== undefined) throw options.refuse(`There is no scenario "${unknown}"`);
  if (process.platform !== 'linux') throw new Refusal('The bench reads /proc: it runs on Linux only.');
  const { positionals } = options;
  const chosen = SCENARIOS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const quick = options.flag('quick');
  const results: (Report & { scenario: string })[] = [];
  for (const scenario of chosen) {
    console.log(`\n${scenario.name}: ${scenario.about}`);
    const report = await runScenario(scenario, quick);
    console.log(`\n${table(report.of, report.sizes, report.figures).join('\n')}`);
    results.push({ scenario: scenario.name, ...report });
  }
  const at = new Date().toISOString();
  const file = options.text('json', join(ROOT, 'bench/results', `${at.replaceAll(/[:.]/g, '-')}.json`));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ at, quick, machine: machine(), results }, null, 2)}\n`);
  console.log(`\nKept in ${file}`);
}

async function runScenario(scenario: Scenario, quick: boolean): Promise<Report> {
  const servers: BenchServer[] = [];
  const removeAll = () => Promise.allSettled(servers.splice(0).map((server) => server.remove()));
  const halt = () => void removeAll().finally(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, halt);
  try {
    return await scenario.run({
      quick,
      log: (line) => console.log(`  ${new Date().toISOString().slice(11, 19)} ${line}`),
      startServer: async (settings) => {
        const server = await BenchServer.start(settings);
        servers.push(server);
        return server;
      },
    });
  } finally {
    await removeAll();
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
