import type { Redis } from '../redis/redis';
import { ANSWER_MS, within } from '../redis/redis-connection';
import { LEASE, runScript } from './redis-presence-scripts';

const PREFIX = 'parley:presence:';
const LEASES = `${PREFIX}nodes`;
/** One node clears a dead one away; for so much of a lease nobody else tries. */
const CLAIM = 2 / 3;
/** For so much of a lease nobody knows anything after Redis has lost what was noted. */
const UNSETTLED = 1 / 5;

/** A node that does not renew its lease is dead: its entries do not count, and another clears them away. */
export class PresenceLease {
  /** Nodes whose lease is over, until somebody has cleared them away. */
  dead: readonly string[] = [];
  private hadOne = false;
  private isInQuestion = false;
  /** By the monotonic clock, both. */
  private settledAt = 0;
  private until = 0;

  constructor(
    private readonly redis: Redis,
    private readonly nodeId: string,
    private readonly ms: number,
  ) {}

  /** Whether the other nodes have had the time to put back what Redis has lost. */
  get isSettled(): boolean {
    return !this.isInQuestion && performance.now() >= this.settledAt;
  }

  /** Redis was away: whether it has lost anything, the next renewal tells. */
  question(): void {
    this.isInQuestion = true;
  }

  /** Whether no other node may have cleared away what this one has noted. */
  get isRunning(): boolean {
    return performance.now() < this.until;
  }

  /** Returns whether what this node had noted is still there and counts. */
  async renew(): Promise<boolean> {
    const asked = performance.now();
    const answer = runScript(this.redis, LEASE, LEASES, [this.nodeId, this.ms]);
    const [isRunning, dead] = (await within(ANSWER_MS, answer)) as [0 | 1, string[]];
    this.dead = dead;
    this.isInQuestion = false;
    this.until = asked + this.ms;
    const isLost = this.hadOne && isRunning === 0;
    this.hadOne = true;
    if (isLost) this.settledAt = performance.now() + this.ms * UNSETTLED;
    return !isLost;
  }

  /** Whether it is this node that clears a dead one away. */
  async claim(node: string): Promise<boolean> {
    const key = `${PREFIX}claim:${node}`;
    const expiration = { type: 'PX', value: Math.round(this.ms * CLAIM) } as const;
    const set = this.redis.run(key, (client) =>
      client.set(key, this.nodeId, { condition: 'NX', expiration }),
    );
    return (await within(ANSWER_MS, set)) !== null;
  }

  async forget(node: string): Promise<void> {
    await this.redis.run(LEASES, (client) => client.zRem(LEASES, node));
  }

  /** All nodes, this one too. */
  nodes(): Promise<string[]> {
    return within(
      ANSWER_MS,
      this.redis.run(LEASES, (client) => client.zRange(LEASES, 0, -1)),
    );
  }

  /** Ends it now: another node looks after who has just gone. */
  async end(): Promise<void> {
    const over = { score: 0, value: this.nodeId };
    await within(
      ANSWER_MS,
      this.redis.run(LEASES, (client) => client.zAdd(LEASES, over)),
    );
  }
}
