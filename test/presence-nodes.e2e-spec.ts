import type { Presence } from '@parley/protocol';
import type { Clock } from '../src/common/clock';
import { TestClock } from '../src/presence/presence-store.contract';
import type { PresenceRecord } from '../src/presence/presence-store';
import { befriend, Apps, statusOf, until } from './support/apps';
import { Person } from './support/person';
import { PresenceNodes, sharedPresence } from './support/presence-nodes';
import { RedisServer } from './support/redis-server';
import { describeWith } from './support/require-program';
import { Road } from './support/road';

jest.setTimeout(60_000);

describeWith('redis-server', 'presence in Redis', () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.kill());

  describe('RedisPresenceStore', () => {
    const nodes = new PresenceNodes(() => redis.url);
    const node = (clock: Clock) => nodes.add(clock);
    afterEach(() => nodes.end());
    sharedPresence(() => redis.url);

    it('rejects while Redis is away, and puts back what it has lost', async () => {
      const clock = new TestClock();
      const a = await node(clock);
      for (const id of ['ann', 'bob']) await a.store.open({ userId: id, connectionId: id });
      const online = { userId: 'ann', status: 'online', own: 'online', lastSeenAt: null } as const;
      await a.store.announce([online]);
      await redis.kill();
      await until('it notices', () => a.client.state === 'down');
      await expect(a.store.read(['ann'])).rejects.toThrow();
      await expect(a.store.close({ userId: 'bob', connectionId: 'bob' })).rejects.toThrow();
      await expect(a.store.open({ userId: 'eve', connectionId: 'eve' })).rejects.toThrow();
      const doubted = new Promise<readonly string[]>((resolve) => a.store.onDoubt(resolve));
      await redis.startAgain();
      expect([...(await doubted)].sort()).toEqual(['ann', 'eve']);
      // For a moment nobody knows: other nodes may not have put back theirs.
      let records = new Map<string, PresenceRecord>();
      await until('it knows again', async () => {
        records = await a.store.read(['ann', 'bob', 'eve']).catch(() => records);
        return records.size > 0;
      });
      expect([...records].map(([id, { connected }]) => [id, connected])).toEqual([
        ['ann', true],
        ['eve', true],
      ]);
      // What was announced is known, so that nobody is told twice.
      expect(await a.store.announce([online])).toEqual([]);
    });
  });

  describe('two servers', () => {
    let road: Road;
    let nodes: Apps;
    let ann: Person;
    let bob: Person;
    let eve: Person;

    beforeAll(async () => {
      road = await Road.open({ host: '127.0.0.1', port: redis.port });
      nodes = await Apps.start([`redis://127.0.0.1:${road.port}`, redis.url], { PRESENCE_GRACE: '1' });
    });
    beforeEach(async () => {
      ({ ann, bob, eve } = await Person.registerAll(nodes.url, 'ann', 'bob', 'eve'));
      await befriend(ann, bob);
      await befriend(eve, bob);
    });
    afterEach(() => nodes.closeSockets());
    afterAll(async () => {
      await nodes.stop();
      road.close();
    });

    const of = (person: Person) => (change: Presence) => change.userId === person.id;

    it('friends hear of one another, and of a move from node to node nothing', async () => {
      const anns = await nodes.connect(0, ann);
      const bobs = await nodes.connect(1, bob);
      expect(await anns.next('presence.changed', of(bob))).toMatchObject({ status: 'online' });
      await bobs.request('presence.set', { status: 'busy' });
      expect(await anns.next('presence.changed')).toMatchObject({ userId: bob.id, status: 'busy' });
      const again = await nodes.connect(0, bob);
      await bobs.close();
      await again.request('presence.set', { status: 'away' });
      expect(await anns.next('presence.changed')).toMatchObject({ userId: bob.id, status: 'away' });
      await again.close();
      const last = await anns.next('presence.changed', ({ status }) => status === 'offline');
      expect(last.lastSeenAt).not.toBeNull();
      expect(anns.all('presence.changed').filter(of(bob))).toEqual([]);
    });

    it('what a node could not hear it tells when it can, and nothing that was told before', async () => {
      const { cid, dan } = await Person.registerAll(nodes.url, 'cid', 'dan');
      for (const friend of [cid, dan]) await befriend(ann, friend);
      const anns = await nodes.connect(0, ann);
      const eves = await nodes.connect(1, eve);
      const [bobs, cids] = [await nodes.connect(1, bob), await nodes.connect(1, cid)];
      for (const friend of [bob, cid]) await anns.next('presence.changed', of(friend));
      const annsOther = await nodes.connect(1, ann);
      road.bar();
      await until('it notices', () => !nodes.bus(0).isUp);
      await bobs.request('presence.set', { status: 'busy' });
      await nodes.connect(1, dan);
      await annsOther.next('presence.changed', of(dan));
      await annsOther.request('presence.set', { status: 'away' });
      await eves.next('presence.changed', ({ status }) => status === 'busy');
      // Her own device there is told by then too.
      await annsOther.next('presence.changed', of(ann));
      road.unbar();
      expect(await anns.next('presence.changed', of(bob))).toMatchObject({ status: 'busy' });
      expect(await anns.next('presence.changed', of(dan))).toMatchObject({ status: 'online' });
      expect(await anns.next('presence.changed', of(ann))).toMatchObject({ status: 'away' });
      await nodes.joined();
      await cids.request('presence.set', { status: 'busy' });
      expect(await anns.next('presence.changed', of(cid))).toMatchObject({ status: 'busy' });
      expect(anns.all('presence.changed')).toEqual([]);
    });

    it('says unknown while Redis is away, and tells who asked when it is back', async () => {
      const anns = await nodes.connect(0, ann);
      await nodes.connect(1, bob);
      await anns.next('presence.changed', of(bob));
      await redis.kill();
      await until('nobody knows', async () => (await statusOf(ann, bob)) === 'unknown');
      const { presence } = (await anns.request('presence.watch', { userIds: [bob.id, eve.id] })) as {
        presence: Presence[];
      };
      expect(presence.map(({ status }) => status)).toEqual(['unknown', 'unknown']);
      await redis.startAgain();
      expect(await anns.next('presence.changed', of(bob), 20_000)).toMatchObject({ status: 'online' });
      expect(await statusOf(ann, bob)).toBe('online');
    });
  });
});
