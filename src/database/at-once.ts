import { isNativeError } from 'node:util/types';
import type { PoolClient, QueryArrayConfig, QueryConfig, QueryResult } from 'pg';

/** As the statement wants them. */
export type Rows = unknown[];

export type Statement = string | QueryConfig | QueryArrayConfig;

/** pg hides it: its socket. */
interface WithSocket {
  readonly connection: { readonly stream: { cork(): void; uncork(): void } };
}

/**
 * Sends statements without waiting for the answers in between, in one write; returns the rows of each.
 *
 * Each wait, and each write, costs server and database more than a small statement does. Between BEGIN and COMMIT
 * those after one that fails fail too, and the commit at their end takes everything back. What is thrown is why
 * the first failed.
 */
export async function atOnce(client: PoolClient, statements: readonly Statement[]): Promise<Rows[]> {
  const { stream } = (client as unknown as WithSocket).connection;
  stream.cork();
  const sent = statements.map((statement) => client.query<never>(statement as QueryConfig));
  stream.uncork();
  const answers = await Promise.allSettled(sent);
  for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
  return answers.map((answer) => (answer as PromiseFulfilledResult<QueryResult<never>>).value.rows);
}

/** Classes of errors with which a session may end, at a commit too: of these alone nothing can be told. */
const ENDING = /^(08|25P|53|57P|58|XX)/;

/** Whether the database has said itself that it has not done it; after any other error only it knows. */
export function isRefused(error: unknown): boolean {
  if (!isNativeError(error) || !('severity' in error) || !('code' in error)) return false;
  // By its code: the severity is a word of the database's language.
  return typeof error.code === 'string' && !ENDING.test(error.code);
}
