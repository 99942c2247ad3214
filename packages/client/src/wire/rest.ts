import type { ErrorBody } from '@parley/protocol';
import { failure, ParleyError, reasonOf } from '../core/error';

/** What this package needs of `fetch`; `signal` is an AbortSignal where there are such. */
export type FetchLike = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; signal?: never },
) => Promise<{ status: number; text(): Promise<string> }>;

export interface RestOptions {
  /** The server's address, such as `https://chat.example.org`. */
  url: string;
  fetch: FetchLike;
  accessToken?: string;
  /** Sent with every request. */
  headers?: Record<string, string>;
}

/** The REST API, as one person or as nobody yet. */
export class ParleyRest {
  readonly #base: string;

  constructor(private readonly options: RestOptions) {
    this.#base = options.url.replace(/\/+$/, '');
  }

  /** The same server with another token. */
  as(accessToken: string): ParleyRest {
    return new ParleyRest({ ...this.options, accessToken });
  }

  /** One request, such as `call('POST', '/v1/messages', {…})`; rejects with a ParleyError. */
  async call<Reply>(method: string, path: string, body?: unknown): Promise<Reply> {
    const headers: Record<string, string> = { accept: 'application/json', ...this.options.headers };
    if (this.options.accessToken) headers.authorization = `Bearer ${this.options.accessToken}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const request = `${method} ${path}`;
    let status: number;
    let value: unknown;
    try {
      const response = await this.options.fetch(this.#base + path, init);
      ({ status } = response);
      const text = await response.text();
      // A compressed answer whose connection ends early comes as what there was of it, and not as an error.
      const isOurs = status < 300 && status !== NO_CONTENT ? /^([{[]|$)/ : /^[{[]/;
      if (isOurs.test(text)) value = JSON.parse(text);
    } catch (error) {
      throw failure('connection_lost', request, `no answer: ${reasonOf(error)}`);
    }
    if (status < 300 && (value !== undefined || status === NO_CONTENT)) return value as Reply;
    throw isErrorAnswer(value) ? new ParleyError(value.error) : foreign(request, status);
  }
}

const NO_CONTENT = 204;

function isErrorAnswer(value: unknown): value is { error: ErrorBody } {
  const error = (value as { error?: Partial<ErrorBody> } | undefined)?.error;
  return typeof error?.code === 'string' && typeof error.message === 'string';
}

/** An answer of somebody between us and the server, most likely a proxy. */
function foreign(request: string, status: number): ParleyError {
  return failure('answer_invalid', request, `status ${status} came, and not from Parley`, status >= 500);
}
