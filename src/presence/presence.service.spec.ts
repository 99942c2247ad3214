import { Logger } from '@nestjs/common';
import { GRACE_SECONDS, TTL_SECONDS, Node, World, settled } from './test-support';

describe('PresenceService', () => {
  let world: World;
  let node: Node;

  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(['log', 'warn', 'error']));
  beforeEach(() => {
    world = new World();
    node = world.node();
    world.contacts.befriend('ann', 'bob');
  });

  describe('coming and going', () => {
    it('is told to friends, and not to oneself or to strangers', async () => {
      const bob = await node.watcher('bob');
      const cid = node.open('cid');
      const ann = node.open('ann');
      await node.sweep();
      expect(bob.pushed()).toEqual([{ userId: 'ann', status: 'online', lastSeenAt: null }]);
      expect([...ann.news(), ...cid.news()]).toEqual([]);
    });

    it('is told once with several devices', async () => {
      const bob = await node.watcher('bob');
      const phone = node.open('ann');
      await node.sweep();
      const laptop = node.open('ann');
      await node.sweep();
      node.close(phone);
      world.clock.advance(60_000);
      await node.sweep();
      expect(bob.news()).toEqual(['ann online']);
      node.close(laptop);
      world.clock.advance(60_000);
      await node.sweep();
      expect(bob.news()).toEqual(['ann offline']);
    });

    it('waits for the grace before it tells that somebody has gone', async () => {
      const bob = await node.watcher('bob');
      const ann = node.open('ann');
      await node.sweep();
      bob.news();
      const goneAt = world.clock.now();
      node.close(ann);
      await node.sweep();
      world.clock.advance(GRACE_SECONDS * 1_000 - 1);
      await node.sweep();
      expect(bob.news()).toEqual([]);
      expect(await node.status('bob', 'ann')).toBe('online');
      world.clock.advance(1_001);
      await node.sweep();
      expect(bob.pushed()).toEqual([
        { userId: 'ann', status: 'offline', lastSeenAt: new Date(goneAt).toISOString() },
      ]);
    });

    it('keeps silent over a reload', async () => {
      const bob = await node.watcher('bob');
      let ann = node.open('ann');
      await node.sweep();
      expect(bob.news()).toEqual(['ann online']);
      for (let i = 0; i < 5; i++) {
        node.close(ann);
        await node.sweep();
        world.clock.advance(GRACE_SECONDS * 900);
        await node.sweep();
        ann = node.open('ann');
        await node.sweep();
      }
      world.clock.advance(GRACE_SECONDS * 5_000);
      await node.sweep();
      expect(bob.news()).toEqual([]);
      expect(world.users.writes).toBe(0);
    });

    it('is announced at most once a sweep, and not at all when it ends as it began', async () => {
      const bob = await node.watcher('bob');
      const ann = node.open('ann');
      await node.sweep();
      bob.news();
      for (const chosen of ['away', 'busy', 'invisible', 'away', 'busy'] as const)
        await node.service.set(ann, chosen);
      await node.sweep();
      expect(bob.news()).toEqual(['ann busy']);
      for (const chosen of ['away', 'online', 'busy'] as const) await node.service.set(ann, chosen);
      await node.sweep();
      expect(bob.news()).toEqual([]);
    });

    it('costs a watcher one push each when a thousand come, go and come again', async () => {
      const crowd = Array.from({ length: 1_000 }, (_, i) => `u${i}`);
      for (const userId of crowd) world.contacts.befriend('bob', userId);
      const bob = await node.watcher('bob');
      const first = crowd.map((userId) => node.open(userId));
      await settled();
      first.forEach((connection) => node.close(connection));
      crowd.forEach((userId) => node.open(userId));
      await node.sweep();
      world.clock.advance(GRACE_SECONDS * 2_000);
      await node.sweep();
      expect(bob.news().sort()).toEqual(crowd.map((userId) => `${userId} online`).sort());
    });

    it('costs no push when a thousand reconnect within the grace', async () => {
      const crowd = Array.from({ length: 1_000 }, (_, i) => `u${i}`);
      for (const userId of crowd) world.contacts.befriend('bob', userId);
      const bob = await node.watcher('bob');
      const first = crowd.map((userId) => node.open(userId));
      await node.sweep();
      bob.news();
      first.forEach((connection) => node.close(connection));
      await node.sweep();
      world.clock.advance(GRACE_SECONDS * 900);
      crowd.forEach((userId) => node.open(userId));
      await node.sweep();
      expect(bob.news()).toEqual([]);
    });

    it('encodes a frame once for all', async () => {
      const bobs = [await node.watcher('bob'), node.open('bob')];
      node.open('ann');
      await node.sweep();
      const [a, b] = bobs.map(({ frames }) => frames.at(-1));
      expect(a).toBe(b);
    });
  });

  describe('a choice', () => {
    it('is answered, and told to friends and to own devices', async () => {
      const bob = await node.watcher('bob');
      const [phone, laptop] = [node.open('ann'), node.open('ann')];
      await node.sweep();
      bob.news();
      expect(await node.service.set(phone, 'away')).toEqual({
        userId: 'ann',
        status: 'away',
        lastSeenAt: null,
      });
      await node.sweep();
      expect(bob.news()).toEqual(['ann away']);
      expect(laptop.news()).toEqual(['ann away']);
    });

    it('of invisible shows as offline to others, and as is to own devices', async () => {
      const bob = await node.watcher('bob');
      const [phone, laptop] = [node.open('ann'), node.open('ann')];
      await node.sweep();
      bob.news();
      const hidAt = new Date(world.clock.now()).toISOString();
      expect(await node.service.set(phone, 'invisible')).toMatchObject({ status: 'invisible' });
      await node.sweep();
      expect(bob.pushed()).toEqual([{ userId: 'ann', status: 'offline', lastSeenAt: hidAt }]);
      expect(laptop.news()).toEqual(['ann invisible']);
      expect([await node.status('bob', 'ann'), await node.status('ann', 'ann')]).toEqual([
        'offline',
        'invisible',
      ]);
    });

    it('of invisible does not show by its last seen when somebody goes', async () => {
      await node.watcher('bob');
      const ann = node.open('ann');
      await node.service.set(ann, 'invisible');
      await node.sweep();
      const hidAt = new Date(world.clock.now()).toISOString();
      world.clock.advance(60_000);
      node.close(ann);
      await node.sweep();
      world.clock.advance(60_000);
      await node.sweep();
      const [presence] = await node.service.get({ userId: 'bob', sessionId: 's' }, ['ann']);
      expect(presence).toEqual({ userId: 'ann', status: 'offline', lastSeenAt: hidAt });
    });

    it('falls back to online when it is not renewed', async () => {
      const bob = await node.watcher('bob');
      const ann = node.open('ann');
      await node.service.set(ann, 'away');
      await node.sweep();
      world.clock.advance(TTL_SECONDS * 900);
      await node.service.set(ann, 'away');
      await node.sweep();
      world.clock.advance(TTL_SECONDS * 900);
      await node.sweep();
      expect(bob.news()).toEqual(['ann away']);
      ann.news();
      world.clock.advance(TTL_SECONDS * 100 + 1_000);
      await node.sweep();
      expect([bob.news(), ann.news()]).toEqual([['ann online'], ['ann online']]);
    });

    it('holds over a reload', async () => {
      const bob = await node.watcher('bob');
      const ann = node.open('ann');
      await node.service.set(ann, 'busy');
      await node.sweep();
      node.close(ann);
      node.open('ann');
      await node.sweep();
      expect(bob.news()).toEqual(['ann busy']);
    });
  });

  describe('reading', () => {
    it('is of this moment, and who read what was over at the sweep is told so', async () => {
      const bob = await node.watcher('bob');
      const ann = node.open('ann');
      await node.sweep();
      bob.news();
      await node.service.set(ann, 'away');
      expect(await node.status('bob', 'ann')).toBe('away');
      await node.service.set(ann, 'online');
      await node.sweep();
      expect(bob.news()).toEqual(['ann online']);
    });

    it('tells from the database when somebody was last seen long ago', async () => {
      world.users.seen.set('ann', new Date(5_000));
      const [presence] = await node.service.get({ userId: 'bob', sessionId: 's' }, ['ann']);
      expect(presence).toEqual({
        userId: 'ann',
        status: 'offline',
        lastSeenAt: new Date(5_000).toISOString(),
      });
    });

    it('says unknown when the store cannot tell', async () => {
      node.open('ann');
      await node.sweep();
      jest.spyOn(world.store, 'read').mockRejectedValue(new Error('no Redis'));
      expect(await node.status('bob', 'ann')).toBe('unknown');
    });
  });
});
