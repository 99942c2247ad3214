import { type Closed, type ParleyRest, ParleySocket, type ServerFrame } from '@parley/client';
import type { Message } from '@parley/protocol';
import { WebSocket } from 'ws';
import { type Account, renew } from '../accounts/register';
import { Gate } from '../support/flow';
import type { Ledger } from './ledger';

interface Hold {
  /** What still arrives on a connection that is being closed is for the next one to receive. */
  released: boolean;
}

interface Presence {
  /** Conversations for which the person has to be connected. */
  needed: number;
  hold: Hold;
  socket: Promise<ParleySocket>;
}

/** Sockets that are opened at the same time; each costs the server a token to verify. */
const CONNECTING = 32;
const RENEW_BEFORE_MS = 90_000;

/** Without compression: it would be the replay that is measured. */
class PlainWebSocket extends WebSocket {
  constructor(url: string, protocols: string[], options: { headers: Record<string, string> }) {
    super(url, protocols, { ...options, perMessageDeflate: false });
  }
}

/** Everybody of a recording: their accounts, and their sockets while they are needed. */
export class People {
  private readonly present = new Map<string, Presence>();
  private readonly gate = new Gate(CONNECTING);

  constructor(
    private readonly accounts: ReadonlyMap<string, Account>,
    private readonly server: { url: string; rest: ParleyRest },
    private readonly ledger: Ledger,
    /** Called when a connection ends that nobody has closed. */
    private readonly lost: (name: string, closed: Closed) => void,
  ) {}

  /** People who are connected now. */
  get connected(): number {
    return this.present.size;
  }

  idOf(name: string): string {
    return this.account(name).userId;
  }

  /** Connects those who are not yet; each `enter` needs a `leave`. */
  async enter(names: readonly string[]): Promise<void> {
    await Promise.all(
      names.map((name) => {
        const presence = this.present.get(name) ?? this.appear(name);
        presence.needed++;
        return presence.socket;
      }),
    );
  }

  async leave(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const presence = this.present.get(name);
      if (!presence || --presence.needed > 0) continue;
      this.present.delete(name);
      presence.hold.released = true;
      (await presence.socket).close();
    }
  }

  /** Closes every connection. */
  async leaveAll(): Promise<void> {
    for (const presence of this.present.values()) presence.hold.released = true;
    const sockets = await Promise.allSettled([...this.present.values()].map(({ socket }) => socket));
    const open = sockets.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    for (const socket of open) socket.close();
    await Promise.all(open.map(({ closed }) => closed));
    this.present.clear();
  }

  async socketOf(name: string): Promise<ParleySocket> {
    const presence = this.present.get(name);
    if (!presence) throw new Error(`${name} is not connected`);
    return presence.socket;
  }

  restOf(name: string): ParleyRest {
    return this.server.rest.as(this.account(name).accessToken);
  }

  private account(name: string): Account {
    const account = this.accounts.get(name);
    if (!account) throw new Error(`${name} has no account`);
    return account;
  }

  private appear(name: string): Presence {
    const hold = { released: false };
    const presence = { needed: 0, hold, socket: this.gate.pass(() => this.connect(name, hold)) };
    this.present.set(name, presence);
    return presence;
  }

  private async connect(name: string, hold: Hold): Promise<ParleySocket> {
    const account = this.account(name);
    if (account.expiresAt < Date.now() + RENEW_BEFORE_MS) await renew(account, this.server.rest);
    const socket = await ParleySocket.connect({
      url: this.server.url,
      accessToken: account.accessToken,
      authenticate: 'header',
      WebSocket: PlainWebSocket,
      tap: (frame) => {
        if (!hold.released) this.record(account.userId, frame);
      },
      listeners: {
        'session.ending': () => void this.renewInPlace(name, account).catch(() => undefined), // the close tells
      },
    });
    void socket.closed.then((closed) => {
      if (!hold.released) this.lost(name, closed);
    });
    return socket;
  }

  // In the tap, and not where the reply is awaited: a push behind it may be in the same packet.
  private record(userId: string, frame: ServerFrame): void {
    if (frame.event === 'message.created') this.ledger.pushed(userId, frame.data.message);
    else if (frame.event === 'reply' && frame.ok) {
      const { message } = frame.data as { message?: Message };
      if (message) this.ledger.replied(userId, message);
    }
  }

  private async renewInPlace(name: string, account: Account): Promise<void> {
    await renew(account, this.server.rest);
    await (await this.socketOf(name)).request('auth.refresh', { accessToken: account.accessToken });
  }
}
