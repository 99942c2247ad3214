import { randomBytes, randomUUID } from 'node:crypto';
import {
  type ConversationCreated,
  ERRORS,
  type ErrorBody,
  type ErrorCode,
  type Message,
  type MessageSent,
  type Tokens,
} from '@parley/protocol';
import { must, same, show } from './difference';
import { Line, type LineOptions } from './line';

/** `body` is what the server sent, be it right or wrong. */
export interface Answer<T = unknown> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

export const PASSWORD = 'correct horse battery';

/** What a check plays in: people and connections of its own, which end with it. */
export class Scene {
  readonly lines: Line[] = [];

  constructor(
    readonly url: string,
    readonly options: Pick<LineOptions, 'patienceMs' | 'record'> & { readonly slow: boolean },
  ) {}

  /** People who have just registered. */
  people<N extends string>(...names: N[]): Promise<{ [K in N]: Somebody }> {
    const made = names.map(async (name) => [name, await Somebody.register(this, name)] as const);
    return Promise.all(made).then((all) => Object.fromEntries(all) as { [K in N]: Somebody });
  }

  async line(options: Omit<Partial<LineOptions>, 'url'> = {}): Promise<Line> {
    const line = await Line.open({ url: this.url, ...this.options, ...options });
    this.lines.push(line);
    return line;
  }

  async rest<T = unknown>(method: string, path: string, body?: unknown, token?: string): Promise<Answer<T>> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    const { status, headers } = response;
    try {
      return { status, body: (text === '' ? undefined : JSON.parse(text)) as T, headers };
    } catch {
      // Not Parley's answer, whatever was asked for.
      return { status, body: text as T, headers };
    }
  }

  /** A request that is to fail with that code, and the status of the table. */
  async restRefusal(code: ErrorCode, ...request: Parameters<Scene['rest']>): Promise<ErrorBody> {
    const { status, body } = await this.rest<{ error?: Partial<ErrorBody> } | undefined>(...request);
    const what = request.slice(0, 2).join(' ');
    same(body?.error?.code, code, `the code of ${what}`);
    same(status, ERRORS[code].status, `the status of ${what}`);
    same(body?.error?.retryable, ERRORS[code].retryable, `retryable of ${what}`);
    return body?.error as ErrorBody;
  }

  /** What came on any connection otherwise than is promised of all. */
  async settle(): Promise<string[]> {
    const open = this.lines.filter(({ raw }) => raw.readyState === raw.OPEN);
    await Promise.all(open.map((line) => line.caughtUp().catch(() => undefined)));
    return this.lines.flatMap(({ wrong }) => wrong);
  }

  async end(): Promise<void> {
    await Promise.all(this.lines.map((line) => line.close()));
  }
}

/** A person with an account on the server. */
export class Somebody {
  private constructor(
    private readonly scene: Scene,
    readonly username: string,
    readonly tokens: Tokens,
  ) {}

  static async register(scene: Scene, name: string): Promise<Somebody> {
    const username = `${name}-${randomBytes(6).toString('hex')}`;
    const input = { username, password: PASSWORD, displayName: name };
    const { status, body } = await scene.rest<Tokens>('POST', '/v1/auth/register', input);
    must(status === 201, `POST /v1/auth/register answers ${status} ${show(body)}`);
    return new Somebody(scene, username, body);
  }

  /** The same person in one more session. */
  async login(): Promise<Somebody> {
    const { body } = await this.scene.rest<Tokens>('POST', '/v1/auth/login', {
      username: this.username,
      password: PASSWORD,
    });
    return new Somebody(this.scene, this.username, body);
  }

  get id(): string {
    return this.tokens.user.id;
  }

  /** A connection that is ready. */
  async connect(options: Omit<Partial<LineOptions>, 'url' | 'token'> = {}): Promise<Line> {
    const line = await this.scene.line({ ...options, token: this.tokens.accessToken });
    await line.next('ready');
    return line;
  }

  call<T = unknown>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    return this.scene.rest<T>(method, `/v1${path}`, body, this.tokens.accessToken);
  }

  /** The body of a request that is to succeed. */
  async ok<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.call<T>(method, path, body);
    must(answer.status < 300, `${method} ${path} answers ${answer.status} ${show(answer.body)}`);
    return answer.body;
  }

  refused(code: ErrorCode, method: string, path: string, body?: unknown): Promise<ErrorBody> {
    return this.scene.restRefusal(code, method, `/v1${path}`, body, this.tokens.accessToken);
  }

  /** The id of a new group with others. */
  async group(...others: Somebody[]): Promise<string> {
    const memberIds = others.map(({ id }) => id);
    const input = { kind: 'group', title: 'Plans', memberIds };
    return (await this.ok<ConversationCreated>('POST', '/conversations', input)).conversation.id;
  }

  /** The id of the direct conversation with somebody. */
  async direct(other: Somebody): Promise<string> {
    const input = { kind: 'direct', memberIds: [other.id] };
    return (await this.ok<ConversationCreated>('POST', '/conversations', input)).conversation.id;
  }

  async befriend(other: Somebody): Promise<void> {
    await this.ok('PUT', `/contacts/${other.id}`, { action: 'request' });
    await other.ok('PUT', `/contacts/${this.id}`, { action: 'accept' });
  }
}

/** A message of one's own, with a new id. */
export const newMessage = (text = 'Hello') => ({ id: randomUUID(), text });

/** Writes into a conversation. */
export async function say(line: Line, conversationId: string, text?: string): Promise<Message> {
  const sent: MessageSent = await line.request('message.send', { conversationId, ...newMessage(text) });
  return sent.message;
}
