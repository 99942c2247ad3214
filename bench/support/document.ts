import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chart, type Panel } from './chart';
import { threeDigits } from './number';
import { PROMISES } from './peers';
import type { Report } from './scenario';

export interface Result extends Report {
  scenario: string;
  about: string;
  /** How long it took. */
  seconds: number;
  /** The load average when it began: what else the machine did. */
  load: number;
}

/** What a run of the bench has kept. */
export interface Run {
  at: string;
  quick: boolean;
  machine: Record<string, unknown>;
  results: Result[];
}

/** Puts tables and charts of a run into `performance.md`, each between the marks of its scenario. */
export function renewDocument(docs: string, run: Run): void {
  const file = join(docs, 'performance.md');
  const charts = join(docs, 'performance');
  mkdirSync(charts, { recursive: true });
  let text = between(readFileSync(file, 'utf8'), 'promises', promises());
  for (const result of run.results) {
    text = between(text, result.scenario, section(result, run));
    const panels = panelsOf(result);
    if (panels.length > 0) writeFileSync(join(charts, `${result.scenario}.svg`), chart(panels));
  }
  writeFileSync(file, text);
}

/** The document with what stands between the marks of a scenario replaced; unchanged where it has none. */
export function between(text: string, scenario: string, section: string): string {
  const [begin, end] = [`<!-- bench ${scenario} -->`, '<!-- /bench -->'];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) return text;
  return `${text.slice(0, from + begin.length)}\n${section}\n${text.slice(to)}`;
}

export function panelsOf({ scenario, sizes, figures, charted }: Result): Panel[] {
  return (charted ?? []).flatMap((name) => {
    const figure = figures.find((one) => one.name === name);
    if (!figure) return [];
    const bars = sizes.map((label, at) => ({ label, value: figure.values[at] ?? NaN }));
    return [{ title: `${scenario}: ${name}`, unit: figure.unit, bars }];
  });
}

function promises(): string {
  const rows = PROMISES.map(({ name, promise }) => row([`\`${name}\``, `${promise}.`]));
  return [row(['server', 'promises']), row(['---', '---']), ...rows].join('\n');
}

function section(result: Result, { at, quick, machine }: Run): string {
  const { of, sizes, figures, scenario, about, load } = result;
  const rows = figures.map(({ name, unit, values }) => {
    const cells = values.map((value) => (Number.isFinite(value) ? threeDigits(value) : '–'));
    return row([unit ? `${name}, ${unit}` : name, ...cells]);
  });
  return [
    `${capital(about)}.`,
    '',
    row([of, ...sizes]),
    row(['---', ...sizes.map(() => '---:')]),
    ...rows,
    '',
    ...(panelsOf(result).length > 0 ? [`![${scenario}](performance/${scenario}.svg)`, ''] : []),
    `${quick ? 'A quick run' : 'Run'} of ${at.slice(0, 10)} on ${String(machine.cpus)} cores (${String(machine.cpu)}), Node ${String(machine.node)}, commit ${String(machine.commit)}; load average before: ${load.toFixed(1)}.`,
  ].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
