import type { DataSource, Logger } from 'typeorm';
import { HOT } from './explain';

/** Runs some work, and returns the statements by which it read hot tables; the writer's own are not among them. */
export async function statementsOf(source: DataSource, work: () => Promise<unknown>): Promise<string[]> {
  const statements: string[] = [];
  const before = source.logger;
  const recorder: Partial<Logger> = { logQuery: (query) => void statements.push(query) };
  // Of a DataSource everything else goes to the logger that it had.
  source.logger = Object.assign(Object.create(before) as Logger, recorder);
  try {
    await work();
  } finally {
    source.logger = before;
  }
  return statements.filter((query) => /^\s*(SELECT|WITH)\b/i.test(query) && HOT.test(query));
}
