import type { ParleyRest, ParleySocket } from '@parley/client';
import type { ErrorCode, Message, MessageChanged } from '@parley/protocol';
import { pause } from '../support/flow';
import type { Courier } from './courier';
import type { Device, Held } from './device';
import type { Ledger } from './ledger';
import type { Random } from './random';

type Asks = Pick<ParleySocket, 'request'>;

/** What actors share. */
export interface Stage {
  readonly courier: Courier;
  readonly ledger: Ledger;
  /** Everybody's user id. */
  readonly userIds: readonly string[];
  /** All clients, by user id. */
  readonly clients: ReadonlyMap<string, readonly Device[]>;
  /** How likely a message is sent twice at once, with one id. */
  readonly doubling: number;
}

/** Something that people do. */
export interface Act {
  readonly name: string;
  readonly weight: number;
  run(actor: Actor): Promise<unknown>;
}

/** Errands that one client may have under way. */
const MOST_UNDER_WAY = 4;
/** People answer and change what was written lately. */
const LATELY = 30;

/** Somebody at one client, who does things at random. */
export class Actor {
  private underWay = 0;

  constructor(
    readonly client: Device,
    readonly stage: Stage,
    readonly random: Random,
  ) {}

  get userId(): string {
    return this.client.userId;
  }

  /** Acts until it is stopped, and resolves when all of it has been answered. */
  async act(acts: readonly [Act, ...Act[]], pauseMs: number, signal: AbortSignal): Promise<void> {
    const running = new Set<Promise<unknown>>();
    while (!signal.aborted) {
      await pause(this.random.between(pauseMs / 2, pauseMs * 1.5));
      if (signal.aborted || this.underWay >= MOST_UNDER_WAY) continue;
      const act = this.random.weighted(acts);
      this.underWay++;
      const run = act.run(this).finally(() => {
        this.underWay--;
        running.delete(run);
      });
      running.add(run);
    }
    await Promise.all(running);
  }

  /** A conversation that this client holds. */
  conversation(suits: (held: Held) => boolean = () => true): Held | undefined {
    return this.random.pick([...this.client.replica.conversations.values()].filter(suits));
  }

  /** One of the latest messages that suit. */
  message(held: Held, suits: (message: Message) => boolean): Message | undefined {
    const after = held.lastSeq - LATELY;
    return this.random.pick([...held.shown].filter((message) => message.seq > after && suits(message)));
  }

  /** Does it over the socket: what is answered is taken in with the frame. */
  overSocket<T>(
    name: string,
    refusals: readonly ErrorCode[],
    attempt: (socket: Asks) => Promise<T>,
    client = this.client,
  ): Promise<T | null> {
    return this.stage.courier.deliver({
      ...{ name, device: client.name, refusals },
      attempt: async () => attempt(await client.socket()),
    });
  }

  overRest<T>(
    name: string,
    refusals: readonly ErrorCode[],
    attempt: (rest: ParleyRest) => Promise<T>,
  ): Promise<T | null> {
    const { name: device } = this.client;
    return this.stage.courier.deliver({
      ...{ name, device, refusals },
      attempt: () => attempt(this.client.rest),
    });
  }

  /** Changes a message, and keeps what was answered. */
  async change(
    name: string,
    refusals: readonly ErrorCode[],
    attempt: (socket: Asks) => Promise<MessageChanged>,
  ): Promise<Message | null> {
    const changed = await this.overSocket(name, refusals, attempt);
    if (changed) this.stage.ledger.answered(changed.message);
    return changed?.message ?? null;
  }
}
