import type { ClientEvent, ClientEvents } from '@parley/protocol';
import type { Connection } from '../connection/connection';
import { isStaleToken, type Tokens } from '../connection/tokens';
import { failure, ParleyError, unable } from '../core/error';
import { pause, type Runtime, within } from '../core/runtime';
import type { LinkData } from '../wire/link';
import type { ParleyRest } from '../wire/rest';

/** What people ask for is waited for so long: then they are told that it could not be done. */
const PATIENCE_MS = 15_000;
const RETRY_MS = 400;

/** Requests to the server, over REST and over whatever link there is. */
export class Api {
  constructor(
    private readonly nobody: ParleyRest,
    private readonly tokens: Tokens,
    private readonly connection: Connection,
    private readonly runtime: Runtime,
  ) {}

  /** One REST request with a token that is good; rejects with a ParleyError. */
  async rest<Reply>(method: string, path: string, body?: unknown): Promise<Reply> {
    const token = await this.tokens.get();
    try {
      return await this.nobody.as(token).call<Reply>(method, path, body);
    } catch (error) {
      if (!isStaleToken(error)) throw error;
      return this.nobody.as(await this.tokens.renew(token)).call<Reply>(method, path, body);
    }
  }

  /** The same for something that somebody wants done, which the error names. */
  async call<Reply>(act: string, method: string, path: string, body?: unknown): Promise<Reply> {
    try {
      return await this.rest<Reply>(method, path, body);
    } catch (error) {
      throw unable(act, error);
    }
  }

  /**
   * Asks over the link, and again over the next one as long as that may help: only what may come twice.
   *
   * @param taken Called with the answer at its place among the pushes.
   */
  async ask<E extends ClientEvent>(
    act: string,
    event: E,
    data: LinkData<E>,
    taken?: (reply: ClientEvents[E]['reply']) => void,
  ): Promise<ClientEvents[E]['reply']> {
    const { runtime } = this;
    const until = runtime.now() + PATIENCE_MS;
    for (let failures = 0; ; failures++) {
      const leftMs = Math.max(0, until - runtime.now());
      const link = await this.connection.whenUp(act, leftMs);
      try {
        const late = () => failure('connection_lost', act, 'no answer came in time');
        return await within(runtime, leftMs, link.request(event, data, taken), late);
      } catch (error) {
        const mayPass = error instanceof ParleyError && error.retryable;
        if (!mayPass || runtime.now() + RETRY_MS >= until) throw unable(act, error);
        await pause(runtime, runtime.random() * RETRY_MS * 2 ** Math.min(failures, 3));
      }
    }
  }
}
