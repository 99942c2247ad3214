import { ACTING_USER_HEADER, type ErrorBody } from '@parley/protocol';
import { type Answer, call } from './person';
import { runTool, urlOf } from './run-tool';
import type { TestDatabase } from './start-app';

/** Runs `npm run api-keys` against a database, or with settings; resolves to what it writes to stdout. */
export async function apiKeys(
  where: TestDatabase | Record<string, string>,
  ...args: string[]
): Promise<string> {
  const settings = isDatabase(where) ? { DATABASE_URL: urlOf(where) } : where;
  const { stdout, stderr, code } = await runTool('api-keys', args, settings, '/');
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

function isDatabase(where: TestDatabase | Record<string, string>): where is TestDatabase {
  return 'host' in where;
}

/** A server of the product's own, with an API key. */
export class TestProduct {
  constructor(
    readonly url: string,
    readonly key: string,
  ) {}

  at(url: string): TestProduct {
    return new TestProduct(url, this.key);
  }

  call(method: string, path: string, body?: unknown, actingUser?: string): Promise<Answer> {
    const headers: Record<string, string> = actingUser ? { [ACTING_USER_HEADER]: actingUser } : {};
    return call(this.url, method, `/v1${path}`, body, this.key, headers);
  }

  async ok(method: string, path: string, body?: unknown, actingUser?: string): Promise<any> {
    const answer = await this.call(method, path, body, actingUser);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** The code of a request that must fail. */
  async refusal(method: string, path: string, body?: unknown, actingUser?: string): Promise<string> {
    const answer = await this.call(method, path, body, actingUser);
    if (answer.status < 400) throw new Error(`${method} ${path} succeeded: ${JSON.stringify(answer.body)}`);
    return (answer.body as { error: ErrorBody }).error.code;
  }
}
