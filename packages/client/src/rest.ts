import type { ErrorBody } from '@parley/protocol';
import { connectionLost, ParleyError } from './error';

/** What this package needs of `fetch`. */
export type FetchLike = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string },
) => Promise<{ status: number; text(): Promise<string> }>;

export interface RestOptions {
  /** The server's address, such as `https://chat.example.org`. */
  url: string;
  fetch: FetchLike;
  accessToken?: string;
}

/** The REST API, as one person or as nobody yet. */
export class ParleyRest {
  private readonly base: string;

  constructor(private readonly options: RestOptions) {
    this.base = options.url.replace(/\/+$/, '');
  }

  /** The same server with another token. */
  as(accessToken: string): ParleyRest {
    return new ParleyRest({ ...this.options, accessToken });
  }

  /** One request, such as `call('POST', '/v1/messages', {…})`; rejects with a ParleyError. */
  async call<Reply>(method: string, path: string, body?: unknown): Promise<Reply> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (this.options.accessToken) headers.authorization = `Bearer ${this.options.accessToken}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    let status: number;
    let text: string;
    try {
      const response = await this.options.fetch(this.base + path, init);
      ({ status } = response);
      text = await response.text();
    } catch (error) {
      throw connectionLost(`${method} ${path} got no answer: ${reasonOf(error)}`);
    }
    const value = text === '' ? undefined : parse(text);
    if (status >= 200 && status < 300 && value !== NO_JSON) return value as Reply;
    throw isErrorAnswer(value) ? new ParleyError(value.error) : foreign(`${method} ${path}`, status);
  }
}

// Node's fetch says "fetch failed", and the cause says why.
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause: unknown = error.cause;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || ('code' in cause ? String(cause.code) : error.message);
}

const NO_JSON = Symbol('no JSON');

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NO_JSON;
  }
}

function isErrorAnswer(value: unknown): value is { error: ErrorBody } {
  const error = (value as { error?: Partial<ErrorBody> } | undefined)?.error;
  return typeof error?.code === 'string' && typeof error.message === 'string';
}

/** An answer of somebody between us and the server, most likely a proxy. */
function foreign(request: string, status: number): ParleyError {
  const message = `${request} was answered with status ${status}, and not by Parley`;
  return new ParleyError({ code: 'answer_invalid', message, retryable: status >= 500 });
}
