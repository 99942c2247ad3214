import { isRedirection } from '../../redis/redis';
import { type RedisClient, RedisConnection } from '../../redis/redis-connection';
import { bucketOf } from './redis-buckets';

/** Between looks at which channels to join and leave. */
const BATCH_MS = 5;
/** After Redis has refused to. */
const RETRY_MS = 250;

export interface SubscriptionEvents {
  /** Whether a channel is wanted of this one, now. */
  wants(channel: string): boolean;
  /** All channels that are wanted of this one. */
  wanted(): Iterable<string>;
  receive(payload: Buffer): void;
  /** What is published on these from now on arrives. */
  joined(channels: readonly string[]): void;
  /** After all that is wanted was subscribed to anew: what was published before is missed. */
  subscribed(): void;
  failed(error: unknown): void;
  /** Somebody else answers for some of the channels now. */
  moved(): void;
}

/**
 * What a node listens to at one Redis, over a connection of its own.
 *
 * A new connection begins with nothing and asks for what is wanted then. Channels that share a command are of
 * one bucket, because a cluster takes only those of one slot together.
 */
export class RedisSubscriptions {
  /** Whether all that was wanted when it connected is subscribed to. */
  isWhole = false;
  private readonly connection: RedisConnection;
  private readonly joined = new Set<string>();
  private readonly changed = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private changing: RedisClient | null = null;

  constructor(
    url: string,
    private readonly nameOf: (channel: string) => string,
    private readonly events: SubscriptionEvents,
  ) {
    this.connection = new RedisConnection(url, {
      ready: (client) => this.begin(client),
      lost: (error) => {
        this.isWhole = false;
        events.failed(error);
      },
    });
  }

  /** Has a look at whether a channel is to be joined or left, soon. */
  change(channel: string): void {
    // The next connect asks for everything.
    if (!this.connection.client) return;
    this.changed.add(channel);
    this.changeLater(BATCH_MS);
  }

  /** Begins anew: some channels are another's now. */
  renew(): void {
    this.connection.renew();
  }

  close(): Promise<void> {
    clearTimeout(this.timer);
    return this.connection.close();
  }

  private begin(client: RedisClient): void {
    // The client may not notice when it happens while it waits for an answer; the look at who answers for what does.
    client.on('sharded-channel-moved', () => this.events.moved());
    this.joined.clear();
    this.changed.clear();
    for (const channel of this.events.wanted()) this.changed.add(channel);
    this.changing = null;
    void this.changeAll(client);
  }

  private changeLater(ms: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.connection.client) void this.changeAll(this.connection.client);
    }, ms).unref();
  }

  private async changeAll(client: RedisClient): Promise<void> {
    if (this.changing || this.connection.client !== client) return;
    this.changing = client;
    try {
      while (this.changed.size > 0 && this.connection.client === client) await this.changeSome(client);
    } catch (error) {
      if (this.connection.client !== client) return;
      this.events.failed(error);
      if (isRedirection(error)) this.events.moved();
      this.changing = null;
      this.changeLater(RETRY_MS);
      return;
    }
    if (this.connection.client !== client) return;
    this.changing = null;
    if (this.isWhole) return;
    this.isWhole = true;
    this.events.subscribed();
  }

  /** One command for each bucket in which something has changed, all under way at once. */
  private async changeSome(client: RedisClient): Promise<void> {
    const batch = [...this.changed];
    this.changed.clear();
    const leave = batch.filter((channel) => !this.events.wants(channel) && this.joined.has(channel));
    const join = batch.filter((channel) => this.events.wants(channel) && !this.joined.has(channel));
    // Noted at once, as the client does not tell which of them failed; it is asked again for all.
    try {
      await Promise.all([
        ...this.commands(leave, (names) => client.sUnsubscribe(names, this.receive, true)),
        ...this.commands(join, (names) => client.sSubscribe(names, this.receive, true)),
      ]);
    } catch (error) {
      for (const channel of batch) this.changed.add(channel);
      throw error;
    }
    for (const channel of leave) this.joined.delete(channel);
    for (const channel of join) this.joined.add(channel);
    if (join.length > 0) this.events.joined(join);
  }

  private commands(channels: string[], send: (names: string[]) => Promise<unknown>): Promise<unknown>[] {
    const buckets = new Map<number, string[]>();
    for (const channel of channels) {
      const bucket = bucketOf(channel);
      const names = buckets.get(bucket);
      if (names) names.push(this.nameOf(channel));
      else buckets.set(bucket, [this.nameOf(channel)]);
    }
    return [...buckets.values()].map(send);
  }

  private readonly receive = (payload: Buffer): void => {
    this.connection.heard();
    this.events.receive(payload);
  };
}
