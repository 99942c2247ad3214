import type { Pool, PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';

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
export const HOT =
  /\b(FROM|JOIN|INTO|UPDATE) "?(conversation|member|message|mention|hidden_message|message_edit|reaction|user)\b/i;

/** It has a row for each start of a server. */
const SMALL = 'sync_epoch';

/** What auto_explain says before the JSON. */
const HEADING = /^duration: .* plan:\n/;

/**
 * Runs some work, and returns how each statement that matches was carried out, prepared ones with the plan that
 * they were carried out by. The application's database has to be an ExplainingPostgres.
 */
export async function explained(
  source: DataSource,
  work: () => Promise<unknown>,
  which = HOT,
): Promise<Plan[]> {
  const pool = (source.driver as PostgresDriver).master as Pool;
  const plans: Plan[] = [];
  const hear = ({ message = '' }: { message?: string }) => {
    if (!HEADING.test(message)) return;
    const said = JSON.parse(message.replace(HEADING, '')) as { 'Query Text': string; Plan: Node };
    if (which.test(said['Query Text'])) plans.push(toPlan(said['Query Text'], said.Plan));
  };
  const clients = new Set<PoolClient>();
  const listen = (client: PoolClient) => {
    if (!clients.has(client)) client.on('notice', hear);
    clients.add(client);
  };
  pool.on('acquire', listen);
  try {
    await work();
  } finally {
    pool.off('acquire', listen);
    for (const client of clients) client.off('notice', hear);
  }
  return plans;
}

function toPlan(statement: string, root: Node): Plan {
  // A node that writes names its table too.
  const reads = flat(root).filter(
    ({ 'Relation Name': table, 'Node Type': type }) =>
      table !== undefined && table !== SMALL && type !== 'ModifyTable',
  );
  return {
    statement,
    scanned: reads.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']!),
    looked: reads.reduce((sum, node) => sum + rowsOf(node), 0),
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

/** The same for a step, where some of the tables are so small that reading them from end to end costs nothing. */
export function expectFew(step: string, plans: readonly Plan[], most: number): void {
  for (const { statement, looked, text } of plans) {
    if (looked > most) throw new Error(`${step} looks at ${looked} rows:\n${statement}\n${text}`);
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
