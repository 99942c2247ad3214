import { randomUUID } from 'node:crypto';
import { nodeBusContract } from '../src/connections/bus/node-bus.contract';
import { RedisBus } from '../src/connections/bus/redis-bus';
import { hashSlot, SLOTS } from '../src/redis/hash-slot';
import { Redis } from '../src/redis/redis';
import { CACHE_PREFIX, RedisCacheStore } from '../src/redis/redis-cache-store';
import { Apps, until } from './support/apps';
import { sharedPresence } from './support/presence-nodes';
import { CLUSTER_PATIENCE_MS, RedisCluster } from './support/redis-cluster';
import { describeWith } from './support/require-program';
import { Talk } from './support/talk';

jest.setTimeout(CLUSTER_PATIENCE_MS);

describeWith('redis-server', 'a Redis Cluster', () => {
  let cluster: RedisCluster;

  beforeAll(async () => {
    cluster = await RedisCluster.start();
  });
  afterAll(() => cluster.stop());

  const connect = () => Redis.connect(cluster.url.split(','));

  nodeBusContract('RedisBus', async () => {
    const redis = await connect();
    const bus = new RedisBus(redis, randomUUID(), 'contract:');
    const close = bus.close.bind(bus);
    bus.close = () => close().then(() => redis.close());
    return bus;
  });

  describe('RedisPresenceStore', () => sharedPresence(() => cluster.url));

  it('has slots where we look for them', async () => {
    for (const key of ['', 'a', '{a}b', 'x{y}{z}', '{}a', 'a{', '\u00e9{\u00fc}', ...randomKeys(20)]) {
      expect([key, await cluster.servers[0]!.command('CLUSTER', 'KEYSLOT', key)]).toEqual([
        key,
        hashSlot(key),
      ]);
    }
  });

  it("caches on all masters, and forgets there what is the cache's", async () => {
    const redis = await connect();
    const cache = new RedisCacheStore(redis);
    const keys = randomKeys(100);
    await Promise.all(keys.map((key) => cache.set(key, { value: key }, 60_000)));
    expect(await cache.getMany(keys)).toEqual(keys.map((value) => ({ value })));
    const stored = () =>
      Promise.all(redis.clients.map(async (c) => (await c.keys(`${CACHE_PREFIX}*`)).length));
    expect((await stored()).filter((count) => count > 0)).toHaveLength(3);
    await redis.run('foreign', (client) => client.set('foreign', 'stays'));
    await cache.clear();
    expect(await stored()).toEqual([0, 0, 0]);
    expect(await redis.run('foreign', (client) => client.get('foreign'))).toBe('stays');
    await redis.close();
  });

  it('is found by one of its nodes, whichever that is', async () => {
    for (const server of cluster.servers) {
      const redis = await Redis.connect([server.url]);
      await until('it is up', () => redis.state === 'up');
      await redis.run('found', (client) => client.set('found', '1'));
      await redis.close();
    }
  });

  describe('that fails, between two servers', () => {
    let nodes: Apps;

    beforeAll(async () => {
      nodes = await Apps.start([cluster.url, cluster.url], { PRESENCE_GRACE: '0' });
    });
    afterEach(async () => {
      await nodes.closeSockets();
      await cluster.whole();
    });
    afterAll(() => nodes.stop());

    /** Of the channel of bob's server. */
    const slot = () => (nodes.bus(1) as RedisBus).slots[1]!;
    const unheard = () => until('a server notices', () => [0, 1].some((i) => !nodes.bus(i).isUp));

    it(
      'with its master killed the replica takes over',
      async () => {
        const talk = await Talk.begin(nodes);
        const master = (await cluster.masterOf(slot()))!;
        await master.kill();
        await unheard();
        await talk.further(20);
        await cluster.takenOver(slot(), master);
        await nodes.joined();
        await talk.carried();
        await master.startAgain();
        await talk.end();
      },
      CLUSTER_PATIENCE_MS,
    );

    it(
      'with its master frozen the replica takes over',
      async () => {
        const talk = await Talk.begin(nodes);
        const master = (await cluster.masterOf(slot()))!;
        master.freeze();
        await unheard();
        await cluster.takenOver(slot(), master);
        await nodes.joined();
        await talk.carried();
        master.thaw();
        await talk.further(10);
        await nodes.joined();
        await talk.end();
      },
      CLUSTER_PATIENCE_MS,
    );

    it(
      'with its master replaced on purpose',
      async () => {
        const talk = await Talk.begin(nodes);
        await cluster.failOver(slot());
        await talk.carried();
        await nodes.joined();
        await talk.end();
      },
      CLUSTER_PATIENCE_MS,
    );

    it(
      'with a slot moved to another master',
      async () => {
        const talk = await Talk.begin(nodes);
        await cluster.move(slot(), (await cluster.masterOf((slot() + SLOTS / 2) % SLOTS))!);
        await talk.carried();
        await nodes.joined();
        await talk.end();
      },
      CLUSTER_PATIENCE_MS,
    );
  });
});

function randomKeys(count: number): string[] {
  return Array.from({ length: count }, () => randomUUID());
}
