import type { Afflictions } from './afflictions';
import { FINDING_KINDS, type Finding, type FindingKind, type Findings } from './findings';
import type { Played } from './run';

const KINDS = Object.keys(FINDING_KINDS) as FindingKind[];
const NAME_WIDTH = 24;
const NUMBER_WIDTH = 10;

/** The lines that are printed at the end: what was done, what was inflicted, what was wrong. */
export function describe(played: Played, afflictions: Afflictions, findings: Findings): string[] {
  const { acts, apps, people, conversations, messages } = played;
  const inflicted = [...afflictions.counts()].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `${people} people, ${conversations} conversations, ${messages} messages stored`,
    '',
    row('done', 'acked', 'refused', 'retries'),
    ...[...acts.byName].map(([name, done]) => row(name, done.acked, done.refused, done.retries)),
    ...[...apps.byName].map(([name, { acked }]) => row(name, acked)),
    '',
    row('inflicted', 'times'),
    ...(inflicted.length > 0 ? inflicted.map(([name, times]) => row(name, times)) : ['nothing']),
    '',
    row('verdict', 'count'),
    ...KINDS.map((kind) => `${row(kind, findings.count(kind))}  ${FINDING_KINDS[kind]}`),
  ];
}

/** One finding, with what may help to understand it. */
export function describeFinding({ kind, sentence, at, context }: Finding): string {
  return [`${kind} at ${at.toFixed(1)} s: ${sentence}`, ...context.map((line) => `    ${line}`)].join('\n');
}

function row(name: string, ...columns: (string | number)[]): string {
  const cells = columns.map((cell) => String(cell).padStart(NUMBER_WIDTH));
  return name.padEnd(NAME_WIDTH) + cells.join('');
}
