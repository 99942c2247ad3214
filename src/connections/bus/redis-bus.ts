import { Logger } from '@nestjs/common';
import { hashSlot } from '../../redis/hash-slot';
import { isRedirection, type Redis } from '../../redis/redis';
import type { BusMessage } from './bus-message';
import { Mesh } from './mesh';
import { NodeBus } from './node-bus';
import { RedisListener } from './redis-listener';

/** What has not come by then is read from the database: longer than a publish takes, also when all is slow. */
const MIN_PATIENCE_MS = 40;
const MAX_PATIENCE_MS = 500;
/** How many times as long as a publish takes to be answered. */
const PATIENCE = 4;

/**
 * The bus over sharded publish/subscribe, of a single Redis or of a cluster.
 *
 * While Redis is away nothing is sent or kept: what was committed meanwhile comes by the commit feed.
 */
export class RedisBus extends NodeBus {
  readonly isShared = true;
  /** The slots of the channels that this node listens to. */
  readonly slots: readonly number[];
  private readonly log = new Logger(RedisBus.name);
  private readonly listeners: ((message: BusMessage) => void)[] = [];
  private readonly joinedListeners: ((channels: readonly string[]) => void)[] = [];
  private readonly gapListeners: (() => void)[] = [];
  private readonly mesh: Mesh;
  private readonly subscriptions: readonly RedisListener[];
  private isDeaf = false;
  private looking = false;
  private times = 0;

  constructor(
    private readonly redis: Redis,
    nodeId: string,
    private readonly prefix: string,
  ) {
    super();
    const node = nodeId.replaceAll('-', '');
    const all = `${prefix}nodes`;
    const wire = {
      toAll: (bytes: Buffer) => this.publishTo(all, bytes),
      to: (to: string, bytes: Buffer) => this.publishTo(this.mailboxOf(to), bytes),
    };
    const events = {
      receive: (message: BusMessage) => this.listeners.forEach((listener) => listener(message)),
      joined: (channels: readonly string[]) => this.joinedListeners.forEach((listener) => listener(channels)),
      gap: () => this.gapListeners.forEach((listener) => listener()),
    };
    this.mesh = new Mesh(node, wire, events, this.stats);
    const listenTo = (channel: string, receive: (payload: Buffer) => void) =>
      new RedisListener(redis, channel, {
        receive,
        up: () => this.up(),
        down: (error) => this.down(error),
      });
    this.subscriptions = [
      listenTo(all, (payload) => this.mesh.hearAll(payload)),
      listenTo(this.mailboxOf(node), (payload) => this.mesh.hear(payload)),
    ];
    this.slots = [hashSlot(all), hashSlot(this.mailboxOf(node))];
  }

  get peers(): number {
    return this.mesh.size;
  }

  get losses(): number {
    return this.mesh.losses;
  }

  get isUp(): boolean {
    return this.redis.state === 'up' && this.listensToAll;
  }

  // The database is asked by busy nodes last: every read for a message that is on its way makes them busier.
  get patienceMs(): number {
    const wanted = this.stats.lagSeconds * 1_000 * PATIENCE;
    return Math.min(Math.max(wanted, MIN_PATIENCE_MS), MAX_PATIENCE_MS);
  }

  /** Resolves when the other nodes know of this one, or soon. */
  introduced(): Promise<void> {
    return this.mesh.introduction;
  }

  publish(channels: Iterable<string>, message: BusMessage): void {
    this.mesh.publish(channels, message);
  }

  join(channel: string): void {
    this.mesh.join(channel);
  }

  leave(channel: string): void {
    this.mesh.leave(channel);
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
    await this.mesh.close();
    await Promise.all(this.subscriptions.map((each) => each.close()));
  }

  private get listensToAll(): boolean {
    return this.subscriptions.every(({ isUp }) => isUp);
  }

  private mailboxOf(node: string): string {
    return `${this.prefix}node:${node}`;
  }

  private async publishTo(channel: string, bytes: Buffer): Promise<number> {
    const client = this.redis.at(hashSlot(channel));
    if (!client) throw new Error('Redis cannot be reached');
    const published = client.sPublish(channel, bytes);
    this.lookAt(published);
    try {
      return await published;
    } catch (error) {
      if (isRedirection(error)) void this.redis.look();
      throw error;
    }
  }

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

  private up(): void {
    if (!this.listensToAll) return;
    if (this.times++ > 0) this.stats.resubscribed++;
    if (this.isDeaf) this.log.log('News of other nodes come at once again');
    this.isDeaf = false;
    this.mesh.up();
  }

  /** Told once per outage; what is not heard comes by the feed. */
  private down(error: unknown): void {
    if (!this.isDeaf) this.log.warn(`News of other nodes come late for now: ${String(error)}`);
    this.isDeaf = true;
    this.mesh.down();
  }
}
