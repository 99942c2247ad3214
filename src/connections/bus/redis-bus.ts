import { Logger } from '@nestjs/common';
import { closeRedis, type RedisClient, subscriberOf } from '../../redis/redis-client';
import { decodeBusMessage, encodeBusMessage } from './bus-codec';
import type { BusMessage } from './bus-message';
import { NodeBus } from './node-bus';

/** What has not come by then is read from the database: longer than a publish takes, also when all is slow. */
const MIN_PATIENCE_MS = 40;
const MAX_PATIENCE_MS = 500;
/** How many times as long as a publish takes to be answered. */
const PATIENCE = 4;
/** Between looks at which channels to join and leave. */
const BATCH_MS = 5;
/** After Redis has refused to. */
const RETRY_MS = 1_000;
/** Channels of one command. */
const MAX_BATCH = 1_000;
/** Identifies a node among the others: its own messages come back to it. */
const NODE_BYTES = 16;

/**
 * The bus over Redis publish/subscribe.
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
  /** Channels wanted, and those that were asked for. */
  private readonly wanted = new Set<string>();
  private readonly joined = new Set<string>();
  private readonly changed = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private changing = false;
  private complained = false;
  private looking = false;

  private constructor(
    private readonly publisher: RedisClient,
    private readonly subscriber: RedisClient,
    private readonly node: Buffer,
    private readonly prefix: string,
  ) {
    super();
    // After every connect its subscriptions are made anew; what was published before that is missed.
    subscriber.on('ready', () => this.missed());
  }

  static async connect(publisher: RedisClient, nodeId: string, prefix: string): Promise<RedisBus> {
    const node = Buffer.from(nodeId.replaceAll('-', ''), 'hex');
    return new RedisBus(publisher, await subscriberOf(publisher), node, prefix);
  }

  // The database is asked by busy nodes last: every read for a message that is on its way makes them busier.
  get patienceMs(): number {
    const wanted = this.stats.lagSeconds * 1_000 * PATIENCE;
    return Math.min(Math.max(wanted, MIN_PATIENCE_MS), MAX_PATIENCE_MS);
  }

  get isUp(): boolean {
    return this.subscriber.isReady && this.publisher.isReady;
  }

  publish(channels: Iterable<string>, message: BusMessage): void {
    if (!this.publisher.isReady) {
      this.stats.dropped++;
      this.losses++;
      return;
    }
    const payload = Buffer.concat([this.node, encodeBusMessage(message)]);
    for (const channel of channels) {
      this.stats.published++;
      const published = this.publisher.publish(this.prefix + channel, payload);
      published.catch((error: unknown) => this.lose(error));
      this.lookAt(published);
    }
  }

  join(channel: string): void {
    this.wanted.add(channel);
    this.change(channel);
  }

  leave(channel: string): void {
    this.wanted.delete(channel);
    this.change(channel);
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
    clearTimeout(this.timer);
    await closeRedis(this.subscriber);
  }

  private change(channel: string): void {
    this.changed.add(channel);
    this.changeLater(BATCH_MS);
  }

  private changeLater(ms: number): void {
    this.timer ??= setTimeout(() => void this.changeChannels(), ms).unref();
  }

  private async changeChannels(): Promise<void> {
    this.timer = undefined;
    // The next connect goes on.
    if (this.changing || !this.subscriber.isReady) return;
    this.changing = true;
    while (this.changed.size > 0 && (await this.changeSome()));
    this.changing = false;
    if (this.changed.size > 0) this.changeLater(RETRY_MS);
  }

  private async changeSome(): Promise<boolean> {
    const batch: string[] = [];
    for (const channel of this.changed) {
      this.changed.delete(channel);
      if (this.wanted.has(channel) !== this.joined.has(channel) && batch.push(channel) === MAX_BATCH) break;
    }
    const join = batch.filter((channel) => this.wanted.has(channel));
    const leave = batch.filter((channel) => !this.wanted.has(channel));
    // Noted at once: the client repeats what it was asked for when it is connected again.
    for (const channel of join) this.joined.add(channel);
    for (const channel of leave) this.joined.delete(channel);
    const named = (channels: string[]) => channels.map((channel) => this.prefix + channel);
    try {
      if (leave.length > 0) await this.subscriber.unsubscribe(named(leave), this.receive, true);
      if (join.length > 0) {
        await this.subscriber.subscribe(named(join), this.receive, true);
        for (const listener of this.joinedListeners) listener(join);
      }
    } catch (error) {
      this.complain(error);
      for (const channel of join) this.joined.delete(channel);
      for (const channel of leave) this.joined.add(channel);
      for (const channel of batch) this.changed.add(channel);
      return false;
    }
    return true;
  }

  private readonly receive = (payload: Buffer): void => {
    if (payload.subarray(0, NODE_BYTES).equals(this.node)) return;
    const message = decodeBusMessage(payload.subarray(NODE_BYTES));
    if (message) this.stats.received++;
    else this.stats.dropped++;
    if (message) for (const listener of this.listeners) listener(message);
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

  private missed(): void {
    this.complained = false;
    void this.changeChannels();
    for (const listener of this.gapListeners) listener();
  }

  private lose(error: unknown): void {
    this.stats.dropped++;
    this.losses++;
    this.complain(error);
  }

  /** Once per outage; what is lost comes by the feed. */
  private complain(error: unknown): void {
    if (!this.complained) this.log.warn(`Other nodes hear of news late for now: ${String(error)}`);
    this.complained = true;
  }
}
