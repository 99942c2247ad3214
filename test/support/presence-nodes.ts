import { randomUUID } from 'node:crypto';
import type { Clock } from '../../src/common/clock';
import { RedisBus } from '../../src/connections/bus/redis-bus';
import { presenceStoreContract, TestClock, TTL_SECONDS } from '../../src/presence/presence-store.contract';
import type { Change } from '../../src/presence/presence-store';
import { RedisPresenceStore } from '../../src/presence/redis-presence-store';
import { Redis } from '../../src/redis/redis';
import { until } from './apps';

/** Short, but not so short that a busy machine lets one end. */
const LEASE_MS = 3_000;

interface Node {
  store: RedisPresenceStore;
  client: Redis;
  heard: Change[];
  /** Ends it as a crash would. */
  die(): Promise<void>;
}

/** The nodes of a test on one Redis, or one cluster. */
export class PresenceNodes {
  private readonly all: Node[] = [];

  constructor(private readonly url: () => string) {}

  async add(clock: Clock): Promise<Node> {
    const client = await Redis.connect(this.url().split(','));
    const bus = new RedisBus(client, randomUUID(), 'presence-test:');
    const options = { nodeId: randomUUID(), ttlMs: TTL_SECONDS * 1_000, leaseMs: LEASE_MS };
    const store = new RedisPresenceStore(client, bus, clock, options);
    const heard: Change[] = [];
    store.onChange((changes) => heard.push(...changes));
    const die = async () => {
      await bus.close();
      await client.close();
    };
    const made = { store, client, heard, die };
    this.all.push(made);
    await bus.introduced();
    return made;
  }

  async end(): Promise<void> {
    const all = this.all.splice(0);
    for (const { store } of all) await store.stop();
    for (const { client, die } of all) {
      await Promise.all(client.clients.map((each) => each.flushDb()));
      await die();
    }
  }
}

/** What nodes share, wherever they share it. */
export function sharedPresence(url: () => string): void {
  const nodes = new PresenceNodes(url);
  const node = (clock: Clock) => nodes.add(clock);
  afterEach(() => nodes.end());

  // On its own: the node that it makes for each test would look after those that die in others.
  describe('as any store', () => presenceStoreContract(async (clock) => (await node(clock)).store));

  it('counts connections over nodes, and tells what is news once', async () => {
    const clock = new TestClock();
    const [a, b] = [await node(clock), await node(clock)];
    await a.store.open({ userId: 'ann', connectionId: '1' });
    await b.store.open({ userId: 'ann', connectionId: '2' });
    await a.store.close({ userId: 'ann', connectionId: '1' });
    for (const { store } of [a, b]) {
      expect((await store.read(['ann'])).get('ann')).toMatchObject({ connected: true, lastSeenAt: null });
    }
    const online = { userId: 'ann', status: 'online', own: 'online', lastSeenAt: null } as const;
    const both = await Promise.all([a.store.announce([online]), b.store.announce([online])]);
    expect(both.flat()).toHaveLength(1);
    await until('both have heard', () => a.heard.length > 0 && b.heard.length > 0);
    expect([a, b].map(({ heard }) => heard.length)).toEqual([1, 1]);
    // Nobody answers any more for who is connected elsewhere, or has gone for all to know.
    await b.store.close({ userId: 'ann', connectionId: '2' });
    await b.store.announce([{ ...online, status: 'offline' }]);
    expect(await keys(a.client)).toEqual([]);
  });

  it('counts nobody whose node has died, and has them looked at by another', async () => {
    const clock = new TestClock();
    const [dying, b, c] = [await node(clock), await node(clock), await node(clock)];
    const doubted = new Set<string>();
    for (const { store } of [b, c]) store.onDoubt((userIds) => userIds.forEach((id) => doubted.add(id)));
    for (let i = 0; i < 20; i++) await dying.store.open({ userId: `u${i}`, connectionId: `c${i}` });
    await b.store.open({ userId: 'u0', connectionId: 'elsewhere' });
    await dying.die();
    await until('all are looked at', () => doubted.size === 20);
    const records = await c.store.read(['u0', 'u1']);
    expect([...records.values()].map(({ connected }) => connected)).toEqual([true, false]);
    expect(await keys(b.client)).toHaveLength(1);
  });
}

/** The lists of users that nodes answer for. */
async function keys(redis: Redis): Promise<string[]> {
  return (await Promise.all(redis.clients.map((client) => client.keys('parley:presence:node:*')))).flat();
}
