import { Logger } from '@nestjs/common';
import { GRACE_SECONDS, TTL_SECONDS, FakeConnection, Node, World, settled } from './test-support';

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

  /** Bob, connected and up to date. */
  async function bobWatches(): Promise<FakeConnection> {
    const bob = node.open('bob');
    await node.sweep();
    bob.news();
    return bob;
  }

  const status = async (actor: string, userId: string): Promise<string | undefined> =>
    (await node.service.get({ userId: actor, sessionId: 's' }, [userId]))[0]?.status;

  describe('coming and going', () => {
    it('is told to friends, and not to oneself or to strangers', async () => {
      const bob = await bobWatches();
      const cid = node.open('cid');
      const ann = node.open('ann');
      await node.sweep();
      expect(bob.pushed()).toEqual([{ userId: 'ann', status: 'online', lastSeenAt: null }]);
      expect([...ann.news(), ...cid.news()]).toEqual([]);
    });

    it('is told once with several devices', async () => {
      const bob = await bobWatches();
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
      const bob = await bobWatches();
      const ann = node.open('ann');
      await node.sweep();
      bob.news();
      const goneAt = world.clock.now();
      node.close(ann);
      await node.sweep();
      world.clock.advance(GRACE_SECONDS * 1_000 - 1);
      await node.sweep();
      expect(bob.news()).toEqual([]);
      expect(await status('bob', 'ann')).toBe('online');
      world.clock.advance(1_001);
      await node.sweep();
      expect(bob.pushed()).toEqual([
        { userId: 'ann', status: 'offline', lastSeenAt: new Date(goneAt).toISOString() },
      ]);
    });

    it('keeps silent over a reload', async () => {
      const bob = await bobWatches();
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
      const bob = await bobWatches();
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
      const bob = await bobWatches();
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
      const bob = await bobWatches();
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
      const bobs = [await bobWatches(), node.open('bob')];
      node.open('ann');
      await node.sweep();
      const [a, b] = bobs.map(({ frames }) => frames.at(-1));
      expect(a).toBe(b);
    });
  });

  describe('a choice', () => {
    it('is answered, and told to friends and to own devices', async () => {
      const bob = await bobWatches();
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
      const bob = await bobWatches();
      const [phone, laptop] = [node.open('ann'), node.open('ann')];
      await node.sweep();
      bob.news();
      const hidAt = new Date(world.clock.now()).toISOString();
      expect(await node.service.set(phone, 'invisible')).toMatchObject({ status: 'invisible' });
      await node.sweep();
      expect(bob.pushed()).toEqual([{ userId: 'ann', status: 'offline', lastSeenAt: hidAt }]);
      expect(laptop.news()).toEqual(['ann invisible']);
      expect([await status('bob', 'ann'), await status('ann', 'ann')]).toEqual(['offline', 'invisible']);
    });

    it('of invisible does not show by its last seen when somebody goes', async () => {
      await bobWatches();
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
      const bob = await bobWatches();
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
      const bob = await bobWatches();
      const ann = node.open('ann');
      await node.service.set(ann, 'busy');
      await node.sweep();
      node.close(ann);
      node.open('ann');
      await node.sweep();
      expect(bob.news()).toEqual(['ann busy']);
    });
  });

  describe('watching', () => {
    beforeEach(() => world.membership.conversations.push(new Set(['ann', 'cid'])));

    it('is for friends and co-members; others are unknown', async () => {
      node.open('ann');
      await node.sweep();
      const cid = node.open('cid');
      const answer = await node.service.watch(cid, ['ann', 'bob', 'nobody', 'cid', 'ann']);
      expect(answer.map((presence) => `${presence.userId} ${presence.status}`)).toEqual([
        'ann online',
        'bob unknown',
        'nobody unknown',
        'cid online',
      ]);
      node.open('bob');
      await node.sweep();
      expect(cid.news()).toEqual([]);
    });

    it('tells the connection that asked, until it asks for others', async () => {
      const [cid, other] = [node.open('cid'), node.open('cid')];
      await node.service.watch(cid, ['ann']);
      const ann = node.open('ann');
      await node.sweep();
      expect([cid.news(), other.news()]).toEqual([['ann online'], []]);
      await node.service.watch(cid, []);
      await node.service.set(ann, 'away');
      await node.sweep();
      expect(cid.news()).toEqual([]);
    });

    it('tells a friend who watches once', async () => {
      const bob = await bobWatches();
      await node.service.watch(bob, ['ann']);
      node.open('ann');
      await node.sweep();
      expect(bob.news()).toEqual(['ann online']);
    });

    it('ends with the last common conversation', async () => {
      const cid = node.open('cid');
      await node.service.watch(cid, ['ann']);
      world.membership.conversations = [];
      node.open('ann');
      await node.sweep();
      expect(cid.news()).toEqual([]);
    });

    it.each([
      ['cid', 'ann'],
      ['ann', 'cid'],
    ])('ends when %s blocks %s', async (blocker, blocked) => {
      const cid = node.open('cid');
      await node.service.watch(cid, ['ann']);
      world.contacts.block(blocker, blocked);
      node.open('ann');
      await node.sweep();
      expect(cid.news()).toEqual([]);
      expect(await status('cid', 'ann')).toBe('unknown');
    });

    it('goes on for co-members whose friendship ends, and after an unblock', async () => {
      world.contacts.befriend('ann', 'cid');
      const cid = node.open('cid');
      await node.service.watch(cid, ['ann']);
      world.contacts.part('ann', 'cid');
      await settled();
      const ann = node.open('ann');
      await node.sweep();
      expect(cid.news()).toEqual(['ann online']);
      world.contacts.block('cid', 'ann');
      await settled();
      world.contacts.unblock('cid', 'ann');
      await settled();
      await node.service.set(ann, 'away');
      await node.sweep();
      expect(cid.news()).toEqual(['ann away']);
    });

    it('does not begin when the block comes while it is looked into', async () => {
      const cid = node.open('cid');
      const release = world.contacts.hold();
      const answer = node.service.watch(cid, ['ann']);
      await settled();
      world.contacts.block('ann', 'cid');
      release();
      expect(await answer).toMatchObject([{ status: 'unknown' }]);
      node.open('ann');
      await node.sweep();
      expect(cid.news()).toEqual([]);
    });

    it('does not outlive its connection', async () => {
      const cid = node.open('cid');
      const release = world.contacts.hold();
      const answer = node.service.watch(cid, ['ann']);
      node.close(cid);
      release();
      await answer;
      node.open('ann');
      await node.sweep();
      expect(cid.news()).toEqual([]);
    });

    it('stops a friend who is blocked', async () => {
      const bob = await bobWatches();
      await node.service.watch(bob, ['ann']);
      world.contacts.block('ann', 'bob');
      node.open('ann');
      await node.sweep();
      expect(bob.news()).toEqual([]);
    });
  });

  describe('reading', () => {
    it('is of this moment, and who read what was over at the sweep is told so', async () => {
      const bob = await bobWatches();
      const ann = node.open('ann');
      await node.sweep();
      bob.news();
      await node.service.set(ann, 'away');
      expect(await status('bob', 'ann')).toBe('away');
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
      expect(await status('bob', 'ann')).toBe('unknown');
    });
  });

  describe('failures', () => {
    it('of the store are made good by a later sweep', async () => {
      const bob = await bobWatches();
      const read = jest.spyOn(world.store, 'read').mockRejectedValue(new Error('no Redis'));
      const ann = node.open('ann');
      await node.sweep();
      expect(bob.news()).toEqual([]);
      read.mockRestore();
      await node.sweep();
      expect(bob.news()).toEqual(['ann online']);
      jest.spyOn(world.store, 'choose').mockRejectedValueOnce(new Error('no Redis'));
      await expect(node.service.set(ann, 'away')).rejects.toMatchObject({ code: 'unavailable' });
    });

    it('to learn who the friends are are made good, with the newest status', async () => {
      const bob = await bobWatches();
      world.contacts.down = true;
      const ann = node.open('ann');
      await node.sweep();
      await node.service.set(ann, 'away');
      await node.sweep();
      expect(ann.news()).toEqual(['ann away']);
      world.contacts.down = false;
      await node.sweep();
      await node.sweep();
      expect(bob.news()).toEqual(['ann away']);
      expect(ann.news()).toEqual([]);
    });

    it('to store last seen are made good', async () => {
      const ann = node.open('ann');
      await node.sweep();
      world.users.down = true;
      const goneAt = world.clock.now();
      node.close(ann);
      await node.sweep();
      world.clock.advance(GRACE_SECONDS * 2_000);
      await node.sweep();
      expect(world.users.seen.size).toBe(0);
      expect(world.users.writes).toBeGreaterThan(0);
      world.users.down = false;
      await node.sweep();
      expect(world.users.seen.get('ann')).toEqual(new Date(goneAt));
      const { writes } = world.users;
      await node.sweep();
      expect(world.users.writes).toBe(writes);
    });

    it('store who leaves with the server without waiting for a grace', async () => {
      const [ann, bob] = [node.open('ann'), node.open('bob')];
      await node.service.set(bob, 'invisible');
      await node.sweep();
      world.clock.advance(1_000);
      node.close(ann);
      await node.sweep();
      node.close(bob);
      const hidAt = world.users.seen.get('bob');
      await settled();
      await node.tracker.onApplicationShutdown();
      expect(world.users.seen.get('ann')).toEqual(new Date(world.clock.now()));
      expect(world.users.seen.get('bob')).toEqual(hidAt);
    });
  });

  describe('two nodes on one store', () => {
    it('tell each their own connections, each once', async () => {
      const far = world.node();
      const [bob, farBob] = [node.open('bob'), far.open('bob')];
      await Promise.all([node.sweep(), far.sweep()]);
      const [ann, farAnn] = [node.open('ann'), far.open('ann')];
      await Promise.all([node.sweep(), far.sweep()]);
      expect([bob.news(), farBob.news()]).toEqual([['ann online'], ['ann online']]);
      await far.service.set(farAnn, 'away');
      await Promise.all([node.sweep(), far.sweep()]);
      expect([bob.news(), farBob.news(), ann.news(), farAnn.news()]).toEqual(Array(4).fill(['ann away']));
      node.close(ann);
      world.clock.advance(GRACE_SECONDS * 2_000);
      await Promise.all([node.sweep(), far.sweep()]);
      expect([bob.news(), farBob.news()]).toEqual([[], []]);
      far.close(farAnn);
      await Promise.all([node.sweep(), far.sweep()]);
      world.clock.advance(GRACE_SECONDS * 2_000);
      await Promise.all([node.sweep(), far.sweep()]);
      expect([bob.news(), farBob.news()]).toEqual([['ann offline'], ['ann offline']]);
    });
  });
});
