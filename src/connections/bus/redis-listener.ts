import { hashSlot } from '../../redis/hash-slot';
import { isRedirection, type Redis } from '../../redis/redis';
import { type RedisClient, RedisConnection } from '../../redis/redis-connection';

/** After Redis has refused to let it listen. */
const RETRY_MS = 250;

export interface ListenerEvents {
  receive(payload: Buffer): void;
  /** What is published from now on arrives. */
  up(): void;
  down(error: unknown): void;
}

/** Listens to one channel, at whichever Redis answers for it now, over a connection of its own. */
export class RedisListener {
  isUp = false;
  private readonly slot: number;
  private url: string | undefined;
  private connection: RedisConnection | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(
    private readonly redis: Redis,
    private readonly channel: string,
    private readonly events: ListenerEvents,
  ) {
    this.slot = hashSlot(channel);
    redis.onMove(() => this.follow());
    this.follow();
  }

  close(): Promise<void> {
    this.isClosed = true;
    return this.leave();
  }

  private async leave(): Promise<void> {
    clearTimeout(this.timer);
    const { connection } = this;
    this.connection = undefined;
    await connection?.close();
  }

  private follow(): void {
    const url = this.redis.ownerOf(this.slot);
    if (url === this.url || this.isClosed) return;
    this.url = url;
    void this.leave();
    if (this.isUp) this.lost(new Error('another Redis answers for it'));
    if (url === undefined) return;
    const connection: RedisConnection = new RedisConnection(url, {
      ready: (client) => {
        // The client may not notice when it happens while it waits for an answer; `follow` does.
        client.on('sharded-channel-moved', () => void this.moved(connection));
        void this.begin(connection, client);
      },
      lost: (error) => this.lost(error),
    });
    this.connection = connection;
  }

  private async begin(connection: RedisConnection, client: RedisClient): Promise<void> {
    const receive = (payload: Buffer) => {
      connection.heard();
      this.events.receive(payload);
    };
    try {
      await client.sSubscribe(this.channel, receive, true);
    } catch (error) {
      if (this.connection !== connection || connection.client !== client) return;
      this.events.down(error);
      if (isRedirection(error)) void this.redis.look();
      // A client that was refused once may take itself for subscribed.
      this.timer = setTimeout(() => connection.renew(), RETRY_MS).unref();
      return;
    }
    if (this.connection !== connection || connection.client !== client) return;
    this.isUp = true;
    this.events.up();
  }

  /** It may be answered for by the same one again by the time of the look. */
  private async moved(connection: RedisConnection): Promise<void> {
    await this.redis.look();
    if (this.connection === connection) connection.renew();
  }

  private lost(error: unknown): void {
    clearTimeout(this.timer);
    this.isUp = false;
    this.events.down(error);
  }
}
