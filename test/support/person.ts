import { randomUUID } from 'node:crypto';
import type { ErrorBody, Tokens } from '@parley/protocol';
import { checkAnswer } from './openapi-check';
import { TestSocket } from './test-socket';

export interface Answer {
  status: number;
  // Tests look into answers of every shape, wrong ones too.
  body: any;
}

/** Sends one REST request; the answer must be as the OpenAPI document says. */
export async function call(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  token?: string,
  more: Record<string, string> = {},
): Promise<Answer> {
  const headers: Record<string, string> = { ...more };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const response = await fetch(url + path, {
    method,
    headers,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer: Answer = { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  checkAnswer(method, path, answer.status, answer.body);
  return answer;
}

export const PASSWORD = 'correct horse battery';

/** Somebody with an account, for tests. */
export class Person {
  private readonly sockets: TestSocket[] = [];

  private constructor(
    readonly url: string,
    readonly username: string,
    readonly tokens: Tokens,
  ) {}

  /** Registers somebody under a name that nobody else has. */
  static async register(url: string, name = 'ann'): Promise<Person> {
    const username = `${name}-${randomUUID().slice(0, 8)}`;
    const { status, body } = await call(url, 'POST', '/v1/auth/register', {
      ...{ username, password: PASSWORD, displayName: name },
    });
    if (status !== 201) throw new Error(`registration failed: ${JSON.stringify(body)}`);
    return new Person(url, username, body as Tokens);
  }

  /** Several at once, each with a name of their own. */
  static async registerAll<N extends string>(url: string, ...names: N[]): Promise<Record<N, Person>> {
    const people = await Promise.all(names.map((name) => Person.register(url, name)));
    return Object.fromEntries(names.map((name, i) => [name, people[i]])) as Record<N, Person>;
  }

  /** The same person, at another process. */
  at(url: string): Person {
    return new Person(url, this.username, this.tokens);
  }

  /** The same person on one more device, in a session of its own. */
  async login(): Promise<Person> {
    const credentials = { username: this.username, password: PASSWORD };
    const { body } = await call(this.url, 'POST', '/v1/auth/login', credentials);
    return new Person(this.url, this.username, body as Tokens);
  }

  get id(): string {
    return this.tokens.user.id;
  }

  /** Sends a request of theirs. */
  call(method: string, path: string, body?: unknown): Promise<Answer> {
    return call(this.url, method, `/v1${path}`, body, this.tokens.accessToken);
  }

  /** The body of a request that must succeed. */
  async ok(method: string, path: string, body?: unknown): Promise<any> {
    const answer = await this.call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** The error of a request that must fail. */
  async error(method: string, path: string, body?: unknown): Promise<ErrorBody & { status: number }> {
    const answer = await this.call(method, path, body);
    if (answer.status < 400) throw new Error(`${method} ${path} succeeded: ${JSON.stringify(answer.body)}`);
    return { status: answer.status, ...(answer.body as { error: ErrorBody }).error };
  }

  /** A device of theirs that is connected and ready. */
  async connect(): Promise<TestSocket> {
    const socket = await TestSocket.open(this.url, this.tokens.accessToken);
    this.sockets.push(socket);
    return socket;
  }

  async disconnect(): Promise<void> {
    await Promise.all(this.sockets.splice(0).map((socket) => socket.close()));
  }
}
