import { ParleyRest, ParleySocket } from '@parley/client';
import { WebSocket } from 'ws';
import type { Minted } from '../../tools/accounts/mint';

/** Without compression: it would be the bench that is measured. */
class PlainWebSocket extends WebSocket {
  constructor(url: string, protocols: string[], options: { headers: Record<string, string> }) {
    super(url, protocols, { ...options, perMessageDeflate: false });
  }
}

/** An account of the bench at a server. */
export class Person {
  readonly rest: ParleyRest;

  constructor(
    readonly account: Minted,
    private readonly url: string,
  ) {
    this.rest = new ParleyRest({ url, fetch, accessToken: account.accessToken });
  }

  get id(): string {
    return this.account.userId;
  }

  connect(): Promise<ParleySocket> {
    const { accessToken } = this.account;
    return ParleySocket.connect({
      url: this.url,
      accessToken,
      authenticate: 'header',
      WebSocket: PlainWebSocket,
    });
  }
}
