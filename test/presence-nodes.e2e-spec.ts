import { randomUUID } from 'node:crypto';
import type { Presence } from '@parley/protocol';
import type { Clock } from '../src/common/clock';
import { RedisBus } from '../src/connections/bus/redis-bus';
import { presenceStoreContract, TestClock, TTL_SECONDS } from '../src/presence/presence-store.contract';
import type { Change } from '../src/presence/presence-store';
import { RedisPresenceStore } from '../src/presence/redis-presence-store';
import { closeRedis, connectRedis, type RedisClient } from '../src/redis/redis-client';
import { Person } from './support/person';
import { RedisServer } from './support/redis-server';
import { describeWith } from './support/require-program';
import { startApp, type TestApp } from './support/start-app';
import type { TestSocket } from './support/test-socket';

/** Longer than a machine that is busy with other tests keeps a living node from renewing it. */
const LEASE_MS = 1_500;

interface Node {
  store: RedisPresenceStore;
  client: RedisClient;
  heard: Change[];
  /** Ends it as a crash would. */
  die(): Promise<void>;
}

describeWith('redis-server', 'presence in Redis', () => {
  let redis: RedisServer;
  const nodes: Node[] = [];

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.kill());
  beforeEach(async () => {
    const client = await connectRedis(redis.url);
    await client.flushAll();
    await closeRedis(client);
  });
  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.die();
  });

  async function node(clock: Clock): Promise<Node> {
    const client = await connectRedis(redis.url);
    const bus = await RedisBus.connect(client, randomUUID(), 'presence-test:');
    const options = { nodeId: randomUUID(), ttlMs: TTL_SECONDS * 1_000, leaseMs: LEASE_MS };
    const store = new RedisPresenceStore(client, bus, clock, options);
    const heard: Change[] = [];
    store.onChange((changes) => heard.push(...changes));
    const die = async () => {
      await bus.close();
      await closeRedis(client);
    };
    const made = { store, client, heard, die };
    nodes.push(made);
    const channel = 'presence-test:presence';
    await until(async () => (await client.pubSubNumSub(channel))[channel] === nodes.length);
    return made;
  }

  describe('RedisPresenceStore', () => {
    presenceStoreContract(async (clock) => (await node(clock)).store);

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
      await until(() => a.heard.length > 0 && b.heard.length > 0);
      expect([a, b].map(({ heard }) => heard.length)).toEqual([1, 1]);
      // Nobody answers any more for who is connected elsewhere, or has gone for all to know.
      await b.store.close({ userId: 'ann', connectionId: '2' });
      await b.store.announce([{ ...online, status: 'offline' }]);
      expect(await a.client.keys('parley:presence:node:*')).toEqual([]);
    });

    it('counts nobody whose node has died, and has them looked at by another, once', async () => {
      const clock = new TestClock();
      const [dying, b, c] = [await node(clock), await node(clock), await node(clock)];
      const doubted: string[] = [];
      for (const { store } of [b, c]) store.onDoubt((userIds) => doubted.push(...userIds));
      for (let i = 0; i < 20; i++) await dying.store.open({ userId: `u${i}`, connectionId: `c${i}` });
      await b.store.open({ userId: 'u0', connectionId: 'elsewhere' });
      await dying.die();
      await until(() => doubted.length >= 20);
      expect(doubted).toHaveLength(20);
      const records = await c.store.read(['u0', 'u1']);
      expect([...records.values()].map(({ connected }) => connected)).toEqual([true, false]);
      expect(await b.client.keys('parley:presence:node:*')).toHaveLength(1);
    });

    it('rejects while Redis is away, and puts back what it has lost', async () => {
      const clock = new TestClock();
      const a = await node(clock);
      for (const id of ['ann', 'bob']) await a.store.open({ userId: id, connectionId: id });
      const online = { userId: 'ann', status: 'online', own: 'online', lastSeenAt: null } as const;
      await a.store.announce([online]);
      await redis.kill();
      await until(() => !a.client.isReady);
      await expect(a.store.read(['ann'])).rejects.toThrow();
      await expect(a.store.close({ userId: 'bob', connectionId: 'bob' })).rejects.toThrow();
      await expect(a.store.open({ userId: 'eve', connectionId: 'eve' })).rejects.toThrow();
      const doubted = new Promise<readonly string[]>((resolve) => a.store.onDoubt(resolve));
      await redis.startAgain();
      expect([...(await doubted)].sort()).toEqual(['ann', 'eve']);
      const records = await a.store.read(['ann', 'bob', 'eve']);
      expect([...records].map(([id, { connected }]) => [id, connected])).toEqual([
        ['ann', true],
        ['eve', true],
      ]);
      // What was announced is known, so that nobody is told twice.
      expect(await a.store.announce([online])).toEqual([]);
    });
  });

  describe('two servers', () => {
    const servers: TestApp[] = [];
    const sockets: TestSocket[] = [];
    let ann: Person;
    let bob: Person;

    beforeAll(async () => {
      const settings = { JWT_SECRET: randomUUID(), REDIS_URL: redis.url, PRESENCE_GRACE: '1' };
      servers.push(await startApp(settings));
      servers.push(await startApp(settings, {}, () => Promise.resolve(servers[0]!.database)));
    });
    beforeEach(async () => {
      ({ ann, bob } = await Person.registerAll(servers[0]!.url, 'ann', 'bob'));
      await ann.ok('PUT', `/contacts/${bob.id}`, { action: 'request' });
      await bob.ok('PUT', `/contacts/${ann.id}`, { action: 'accept' });
    });
    afterEach(async () => {
      for (const socket of sockets.splice(0)) await socket.close();
    });
    afterAll(async () => {
      for (const server of servers.reverse()) await server.stop();
    });

    async function connect(index: number, person: Person): Promise<TestSocket> {
      const socket = await person.at(servers[index]!.url).connect();
      sockets.push(socket);
      return socket;
    }
    const statusOf = async (by: Person, person: Person) =>
      ((await by.ok('GET', `/presence?userIds=${person.id}`)) as { presence: Presence[] }).presence[0]
        ?.status;

    it('friends hear of one another, and of a move from node to node nothing', async () => {
      const anns = await connect(0, ann);
      const bobs = await connect(1, bob);
      expect(await anns.next('presence.changed', ({ userId }) => userId === bob.id)).toMatchObject({
        status: 'online',
      });
      await bobs.request('presence.set', { status: 'busy' });
      expect(await anns.next('presence.changed')).toMatchObject({ userId: bob.id, status: 'busy' });
      const again = await connect(0, bob);
      await bobs.close();
      await again.request('presence.set', { status: 'away' });
      expect(await anns.next('presence.changed')).toMatchObject({ userId: bob.id, status: 'away' });
      await again.close();
      const last = await anns.next('presence.changed', ({ status }) => status === 'offline');
      expect(last.lastSeenAt).not.toBeNull();
      expect(anns.all('presence.changed').filter(({ userId }) => userId === bob.id)).toEqual([]);
    });

    it('says unknown while Redis is away, and what is true when it is back', async () => {
      await connect(1, bob);
      await until(async () => (await statusOf(ann, bob)) === 'online');
      await redis.kill();
      await until(async () => (await statusOf(ann, bob)) === 'unknown');
      await redis.startAgain();
      await until(async () => (await statusOf(ann, bob)) === 'online');
    });
  });
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`it did not become true: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
