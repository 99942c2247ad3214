import type { Profiler } from 'node:inspector';

type Profile = Profiler.Profile;

/** What a message passes, in that order, and what all share. */
export const STAGES = [
  'socket: read, frames',
  'JSON, validation',
  'handlers, membership, limits',
  'batch and what became of it',
  'PostgreSQL: write',
  'PostgreSQL: read',
  'order and frames of deliveries',
  'socket: write',
  'garbage collector',
  'event loop, Node, the rest',
] as const;

export type Stage = (typeof STAGES)[number];

/** Frames that stand for a stage, by URL; the first that fits. */
const BY_URL: readonly (readonly [RegExp, Stage])[] = [
  [/\/ws\/lib\/sender|\/src\/connections\/(write-queue|ws-connection|connection-registry)/, 'socket: write'],
  [
    /\/connections\/codec|\/common\/(json|quick-validation|validation|text|request-hash|ids)|\.dto\./,
    'JSON, validation',
  ],
  [/\/class-(validator|transformer)\//, 'JSON, validation'],
  [/\/connections\/(ws-frame|push|delivery|recipients|bus)/, 'order and frames of deliveries'],
  [/\/ws\/lib\/|\/src\/connections\//, 'socket: read, frames'],
  [/\/pg-protocol\/dist\/(parser|buffer-reader|messages)|\/pg\/lib\/result|\/pg-types\//, 'PostgreSQL: read'],
  [/\/node_modules\/(pg|pg-pool|pg-protocol|typeorm)\/|\/src\/database\//, 'PostgreSQL: write'],
  [/\/src\/timeline\//, 'batch and what became of it'],
  [/\/src\//, 'handlers, membership, limits'],
];

const REST: Stage = 'event loop, Node, the rest';

/**
 * The share that each stage has in the time when the process was not idle.
 *
 * What runs counts for the innermost frame that stands for a stage: a system call for who writes.
 */
export function stagesOf({ nodes, samples = [], timeDeltas = [] }: Profile): Map<Stage, number> {
  const parents = new Map<number, Profiler.ProfileNode>();
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node);
  const stages = new Map(nodes.map((node) => [node.id, stageOf(node, parents)]));
  const sums = new Map<Stage, number>(STAGES.map((stage) => [stage, 0]));
  let sum = 0;
  for (const [at, id] of samples.entries()) {
    const stage = stages.get(id);
    // A sample stands for the time until the next.
    const time = timeDeltas[at + 1] ?? 0;
    if (!stage) continue;
    sums.set(stage, (sums.get(stage) ?? 0) + time);
    sum += time;
  }
  return new Map([...sums].map(([stage, time]) => [stage, sum > 0 ? time / sum : NaN]));
}

/** Null while idle. */
function stageOf(
  node: Profiler.ProfileNode,
  parents: ReadonlyMap<number, Profiler.ProfileNode>,
): Stage | null {
  if (node.callFrame.functionName === '(idle)') return null;
  if (node.callFrame.functionName === '(garbage collector)') return 'garbage collector';
  for (let at: Profiler.ProfileNode | undefined = node; at; at = parents.get(at.id)) {
    const { url, functionName } = at.callFrame;
    // The client hands answers on: what of it is not of a query is reading.
    if (/\/pg\/lib\/client/.test(url) && functionName.startsWith('_handle')) return 'PostgreSQL: read';
    const found = BY_URL.find(([pattern]) => pattern.test(url));
    if (found) return found[1];
  }
  return REST;
}
