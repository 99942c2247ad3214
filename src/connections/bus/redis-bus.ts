import { Logger } from '@nestjs/common';
import { isRedirection, type Redis } from '../../redis/redis';
import { decodeBusMessage, encodeBusMessage } from './bus-codec';
import type { BusMessage } from './bus-message';
import { NodeBus } from './node-bus';
import { bucketOf, nameOf, SLOT_OF_BUCKET } from './redis-buckets';
import { RedisSubscriptions } from './redis-subscriptions';

/** What has not come by then is read from the database: longer than a publish takes, also when all is slow. */
const MIN_PATIENCE_MS = 40;
const MAX_PATIENCE_MS = 500;
/** How many times as long as a publish takes to be answered. */
const PATIENCE = 4;
/** Identifies a node among the others: its own messages come back to it. */
const NODE_BYTES = 16;

/**
 * The bus over sharded publish/subscribe, of a single Redis or of a cluster.
 *
 * While Redis is away nothing is sent or kept: what was committed meanwhile comes by the commit feed.
 */
export class RedisBus extends NodeBus {
  readonly hasPeers = true;
  losses = 0;
  private readonly log = new Logger(RedisBus.name);
  private readonly listeners: ((message: BusMessage) => void)[] = [];
  private readonly joinedListeners: ((channels: readonly string[]) => void)[] = [];
  private readonly gapListeners: (() => void)[] = [];
  private readonly wanted = new Set<string>();
  /** By the URL of the Redis. */
  private readonly subscriptions = new Map<string, RedisSubscriptions>();
  /** By bucket, the URL of the Redis that answers for it. */
  private owners: (string | undefined)[] = [];
  private readonly node: Buffer;
  private isDeaf = false;
  private looking = false;

  constructor(
    private readonly redis: Redis,
    nodeId: string,
    private readonly prefix: string,
  ) {
    super();
    this.node = Buffer.from(nodeId.replaceAll('-', ''), 'hex');
    redis.onMove(() => this.follow());
    this.follow();
  }

  get isUp(): boolean {
    const all = [...this.subscriptions.values()];
    return this.redis.state === 'up' && all.every(({ isWhole }) => isWhole);
  }

  // The database is asked by busy nodes last: every read for a message that is on its way makes them busier.
  get patienceMs(): number {
    const wanted = this.stats.lagSeconds * 1_000 * PATIENCE;
    return Math.min(Math.max(wanted, MIN_PATIENCE_MS), MAX_PATIENCE_MS);
  }

  publish(channels: Iterable<string>, message: BusMessage): void {
    let payload: Buffer | undefined;
    for (const channel of channels) {
      const client = this.redis.at(SLOT_OF_BUCKET[bucketOf(channel)]!);
      if (client) {
        payload ??= Buffer.concat([this.node, encodeBusMessage(message)]);
        this.stats.published++;
        const published = client.sPublish(nameOf(this.prefix, channel), payload);
        published.catch(this.lost);
        this.lookAt(published);
      } else this.lost();
    }
  }

  join(channel: string): void {
    this.wanted.add(channel);
    this.at(channel)?.change(channel);
  }

  leave(channel: string): void {
    this.wanted.delete(channel);
    this.at(channel)?.change(channel);
  }

  subscribe(listener: (message: BusMessage) => void): void {
    this.listeners.push(listener);
  }

  onJoined(listener: (channels: readonly string[]) => void): void {
    this.joinedListeners.push(listener);
  }

  onGap(listener: () => void): void {
    this.gapListeners.push(listener);
  }

  async close(): Promise<void> {
    await Promise.all([...this.subscriptions.values()].map((each) => each.close()));
    this.subscriptions.clear();
  }

  private at(channel: string): RedisSubscriptions | undefined {
    const owner = this.owners[bucketOf(channel)];
    return owner === undefined ? undefined : this.subscriptions.get(owner);
  }

  /** Listens to each bucket at the one that answers for it now; whose buckets have changed begins anew. */
  private follow(): void {
    const before = this.owners;
    this.owners = SLOT_OF_BUCKET.map((slot) => this.redis.ownerOf(slot));
    const changed = new Set<string>();
    for (const [bucket, owner] of this.owners.entries()) {
      const former = before[bucket];
      if (owner === former) continue;
      for (const url of [owner, former]) if (url !== undefined) changed.add(url);
    }
    const urls = new Set(this.owners);
    for (const url of changed) {
      const known = this.subscriptions.get(url);
      if (!known) this.subscriptions.set(url, this.listenTo(url));
      else if (urls.has(url)) known.renew();
      else {
        this.subscriptions.delete(url);
        void known.close();
      }
    }
  }

  private listenTo(url: string): RedisSubscriptions {
    let times = 0;
    const wants = (channel: string) => this.wanted.has(channel) && this.owners[bucketOf(channel)] === url;
    return new RedisSubscriptions(url, (channel) => nameOf(this.prefix, channel), {
      wants,
      wanted: () => [...this.wanted].filter(wants),
      receive: (payload) => this.receive(payload),
      joined: (channels) => {
        for (const listener of this.joinedListeners) listener(channels);
      },
      subscribed: () => {
        if (times++ > 0) this.stats.resubscribed++;
        this.hearsAgain();
        for (const listener of this.gapListeners) listener();
      },
      failed: (error) => this.isDeafNow(error),
      moved: () => void this.redis.look(),
    });
  }

  private receive(payload: Buffer): void {
    if (payload.subarray(0, NODE_BYTES).equals(this.node)) return;
    const message = decodeBusMessage(payload.subarray(NODE_BYTES));
    if (!message) {
      this.stats.dropped++;
      return;
    }
    this.stats.received++;
    for (const listener of this.listeners) listener(message);
  }

  private readonly lost = (error?: unknown): void => {
    this.stats.dropped++;
    this.losses++;
    if (isRedirection(error)) void this.redis.look();
  };

  /** Takes the time of one publish at a time. */
  private lookAt(published: Promise<unknown>): void {
    if (this.looking) return;
    this.looking = true;
    const begun = performance.now();
    const done = () => {
      this.looking = false;
      this.stats.lagSeconds = (performance.now() - begun) / 1_000;
    };
    published.then(done, done);
  }

  /** Once per outage; what is not heard comes by the feed. */
  private isDeafNow(error: unknown): void {
    if (!this.isDeaf) this.log.warn(`News of other nodes come late for now: ${String(error)}`);
    this.isDeaf = true;
  }

  private hearsAgain(): void {
    if (!this.isDeaf || [...this.subscriptions.values()].some(({ isWhole }) => !isWhole)) return;
    this.isDeaf = false;
    this.log.log('News of other nodes come at once again');
  }
}
