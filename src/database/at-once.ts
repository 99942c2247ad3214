import type { PoolClient, QueryArrayConfig, QueryArrayResult } from 'pg';

type Rows = readonly unknown[][];

/**
 * Runs statements in one transaction without waiting for the answers in between; returns the rows of each.
 *
 * Each wait costs server and database more than a small statement does. After one that fails the others fail
 * too, and the commit at their end takes everything back.
 *
 * @param begin BEGIN, and what is set for the transaction.
 */
export async function atOnce(
  client: PoolClient,
  begin: string,
  statements: readonly QueryArrayConfig[],
): Promise<Rows[]> {
  const answers = await Promise.allSettled([
    client.query(begin),
    ...statements.map((statement) => client.query(statement)),
    client.query('COMMIT'),
  ]);
  for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
  return answers
    .slice(1, -1)
    .map((answer) => (answer as PromiseFulfilledResult<QueryArrayResult<unknown[]>>).value.rows);
}
