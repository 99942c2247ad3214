import type { DataSource, Logger } from 'typeorm';

/** What PostgreSQL did to answer one statement. */
export interface Plan {
  readonly statement: string;
  /** Tables that were read from end to end. */
  readonly scanned: string[];
  /** Rows that were looked at in tables and indexes, those that were passed over among them. */
  readonly looked: number;
  /** A line for each step, to be printed when a test fails. */
  readonly text: string;
}

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Node[];
}

// Work in the background reads other tables meanwhile, small ones here: sessions, contacts, the feed.
const HOT =
  /\b(FROM|JOIN) "?(conversation|member|message|mention|hidden_message|message_edit|reaction|user)\b/i;

/** Runs some work, and explains each statement that it read hot tables with, as it is carried out now. */
export async function explained(source: DataSource, work: () => Promise<unknown>): Promise<Plan[]> {
  const statements: { query: string; parameters: unknown[] }[] = [];
  const before = source.logger;
  const recorder: Partial<Logger> = {
    logQuery: (query, parameters) =>
      void statements.push({ query, parameters: Array.isArray(parameters) ? [...parameters] : [] }),
  };
  // Of a DataSource everything else goes to the logger that it had.
  source.logger = Object.assign(Object.create(before) as Logger, recorder);
  try {
    await work();
  } finally {
    source.logger = before;
  }
  const reads = statements.filter(({ query }) => /^\s*(SELECT|WITH)\b/i.test(query) && HOT.test(query));
  const plans: Plan[] = [];
  for (const { query, parameters } of reads) plans.push(await explain(source, query, parameters));
  return plans;
}

/** Explains one statement by carrying it out. */
export async function explain(source: DataSource, statement: string, parameters: unknown[]): Promise<Plan> {
  const [row] = await source.query<[{ 'QUERY PLAN': [{ Plan: Node }] }]>(
    `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF, FORMAT JSON) ${statement}`,
    parameters,
  );
  const root = row['QUERY PLAN'][0].Plan;
  const nodes = flat(root);
  const scans = nodes.filter((node) => node['Relation Name'] !== undefined);
  return {
    statement,
    scanned: scans.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']!),
    looked: scans.reduce((sum, node) => sum + rowsOf(node), 0),
    text: lines(root).join('\n'),
  };
}

/** Throws with the plan when a statement read a table from end to end, or looked at too many rows. */
export function expectRanges(plans: readonly Plan[], most: number): void {
  if (plans.length === 0) throw new Error('no statement was run');
  for (const { statement, scanned, looked, text } of plans) {
    const fault = scanned.length > 0 ? `scans ${scanned.join(', ')}` : `looks at ${looked} rows`;
    if (scanned.length > 0 || looked > most) throw new Error(`${fault}:\n${statement}\n${text}`);
  }
}

function rowsOf(node: Node): number {
  const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return Math.round((node['Actual Rows'] + removed) * node['Actual Loops']);
}

function lines(node: Node, indent = ''): string[] {
  const where = [node['Relation Name'], node['Index Name']].filter((name) => name !== undefined).join(' by ');
  const own = `${indent}${node['Node Type']} ${where}: ${rowsOf(node)} rows in ${node['Actual Loops']} loops`;
  return [own, ...(node.Plans ?? []).flatMap((child) => lines(child, `${indent}  `))];
}

function flat(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(flat)];
}
