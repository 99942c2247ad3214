import { Logger } from '@nestjs/common';
import { hashSlot } from './hash-slot';
import { type RedisClient, RedisConnection } from './redis-connection';
import { readTopology, type Topology, topologyOf } from './redis-topology';

/** Injects `Redis`, or null without REDIS_URL. */
export const REDIS = Symbol('REDIS');

/** How long the start waits for Redis before it goes on without. */
const CONNECT_MS = 2_000;
/** Between looks at who answers for what: a move may go unheard. */
const LOOK_MS = 2_000;
const RETRY_MS = 250;
const MAX_REDIRECTS = 5;
const REDIRECT_MS = 50;

/** `up`: all of it can be reached; `degraded`: some of a cluster can. */
export type RedisState = 'up' | 'degraded' | 'down';

/**
 * Redis: a single one, or the masters of a cluster, each with a connection for commands.
 *
 * While a master cannot be reached, what is for it fails at once instead of piling up.
 */
export class Redis {
  private readonly log = new Logger('Redis');
  private readonly masters = new Map<string, RedisConnection>();
  private readonly backListeners: (() => void)[] = [];
  private readonly moveListeners: (() => void)[] = [];
  private topology: Topology | undefined;
  private looking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private seed = 0;
  private isOut = false;
  private isClosed = false;

  private constructor(private readonly urls: readonly string[]) {}

  /**
   * Connects, or goes on trying in the background when Redis cannot be reached now.
   *
   * @param urls of a Redis, or of some nodes of one cluster
   */
  static async connect(urls: readonly string[]): Promise<Redis> {
    const redis = new Redis(urls);
    await redis.soonUp();
    return redis;
  }

  get state(): RedisState {
    const { topology } = this;
    const ready = [...this.masters.values()].filter(({ client }) => client).length;
    if (!topology || ready === 0) return 'down';
    return ready < this.masters.size || topology.owners.includes(undefined) ? 'degraded' : 'up';
  }

  /** The URLs of those that answer for slots now. */
  get addresses(): readonly string[] {
    return [...this.masters.keys()];
  }

  /** The clients of all masters that can be reached. */
  get clients(): RedisClient[] {
    return [...this.masters.values()].flatMap(({ client }) => client ?? []);
  }

  /** The URL of the one that answers for a slot. */
  ownerOf(slot: number): string | undefined {
    return this.topology?.owners[slot];
  }

  /** The client of the one that answers for a slot, if it can be reached. */
  at(slot: number): RedisClient | null {
    const owner = this.ownerOf(slot);
    return (owner !== undefined && this.masters.get(owner)?.client) || null;
  }

  /** Runs a command where its key is, also when that has just moved; rejects at once when it is away. */
  async run<T>(key: string, command: (client: RedisClient) => Promise<T>): Promise<T> {
    const slot = hashSlot(key);
    let client = this.at(slot);
    for (let redirects = 0; ; redirects++) {
      if (!client) throw new Error('Redis cannot be reached');
      try {
        return await command(client);
      } catch (error) {
        if (!isRedirection(error) || redirects === MAX_REDIRECTS) throw error;
        client = await this.redirected(error, slot);
      }
    }
  }

  /** Called when one can be reached (again): what was noted there may be lost. */
  onBack(listener: () => void): void {
    this.backListeners.push(listener);
  }

  /** Called when it is another one that answers for some slot. */
  onMove(listener: () => void): void {
    this.moveListeners.push(listener);
  }

  /** Finds out who answers for what; never rejects. */
  look(): Promise<void> {
    clearTimeout(this.timer);
    this.looking ??= this.lookOnce().finally(() => {
      this.looking = undefined;
      if (this.isClosed || this.topology?.isCluster === false) return;
      const soon = this.state === 'up' ? LOOK_MS : RETRY_MS;
      this.timer = setTimeout(() => void this.look(), soon).unref();
    });
    return this.looking;
  }

  /** Lets commands in flight end, but not for long. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    await Promise.all([...this.masters.values()].map((master) => master.close()));
  }

  /** Until it is reached, or has been given so long: a server starts without Redis too, and hears of it later. */
  private async soonUp(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const isUp = new Promise<void>((resolve) => {
      this.onBack(() => this.state === 'up' && resolve());
      timer = setTimeout(resolve, CONNECT_MS);
    });
    void this.look();
    await isUp;
    clearTimeout(timer);
  }

  private async lookOnce(): Promise<void> {
    try {
      this.follow(await this.ask());
      this.noteBack();
    } catch (error) {
      this.noteOutage(error);
    }
  }

  /** Asks those that are connected first, then those that were named. */
  private async ask(): Promise<Topology> {
    for (const [url, { client }] of this.masters) {
      const topology = client && (await topologyOf(client, url).catch(() => null));
      if (topology) return topology;
    }
    // Not always the same first: it may hang.
    const url = this.urls[this.seed++ % this.urls.length]!;
    const topology = await readTopology(url);
    if (topology.isCluster || this.urls.length === 1) return topology;
    throw new Error('REDIS_URL names several, but they are no cluster');
  }

  private follow(topology: Topology): void {
    if (this.isClosed) return;
    const before = this.topology;
    this.topology = topology;
    const urls = new Set(topology.owners.filter((url) => url !== undefined));
    for (const [url, master] of this.masters) {
      if (urls.has(url)) continue;
      this.masters.delete(url);
      void master.close();
    }
    for (const url of urls) {
      if (!this.masters.has(url)) this.masters.set(url, this.connectTo(url));
    }
    if (before && topology.owners.every((url, slot) => url === before.owners[slot])) return;
    for (const listener of this.moveListeners) listener();
  }

  private connectTo(url: string): RedisConnection {
    return new RedisConnection(url, {
      ready: () => this.back(),
      lost: (error) => {
        this.noteOutage(error);
        // Another may have taken its place.
        if (this.topology?.isCluster) void this.look();
      },
    });
  }

  private async redirected(error: unknown, slot: number): Promise<RedisClient | null> {
    const [kind, , address] = String((error as Error).message).split(' ');
    if (kind === 'ASK') {
      const target = [...this.masters].find(([url]) => new URL(url).host === address)?.[1].client;
      // Good for the next command on this connection, which is the one that was sent here.
      void target?.sendCommand(['ASKING']).catch(() => undefined);
      return target ?? null;
    }
    await this.look();
    // The one that was asked may hear of a move a moment after the others.
    await new Promise((resolve) => setTimeout(resolve, REDIRECT_MS));
    return this.at(slot);
  }

  private back(): void {
    this.noteBack();
    for (const listener of this.backListeners) listener();
  }

  private noteBack(): void {
    if (!this.isOut || this.state !== 'up') return;
    this.isOut = false;
    this.log.log('Redis is back');
  }

  /** Every failed try is an error; an outage is told when it begins and when it ends. */
  private noteOutage(error: unknown): void {
    if (this.isOut || this.isClosed) return;
    this.isOut = true;
    const what = this.state === 'down' ? 'Redis' : 'A part of Redis';
    this.log.error(`${what} cannot be reached, going on without: ${describe(error)}`);
  }
}

/** Whether Redis says that what was asked of it is another's to answer. */
export function isRedirection(error: unknown): boolean {
  return error instanceof Error && /^(MOVED|ASK) /.test(error.message);
}

// Node's error for several addresses tried (IPv4 and IPv6) has no message of its own.
function describe(error: unknown): string {
  const { message, code, name } = error as Error & { code?: string };
  return message || code || name;
}
