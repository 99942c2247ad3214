import { Logger } from '@nestjs/common';
import { GRACE_SECONDS, Node, World, settled } from './test-support';

describe('presence', () => {
  let world: World;
  let node: Node;

  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(['log', 'warn', 'error']));
  beforeEach(() => {
    world = new World();
    node = world.node();
    world.contacts.befriend('ann', 'bob');
  });

  describe('failures', () => {
    it('of the store are made good by a later sweep', async () => {
      const bob = await node.watcher('bob');
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

    it('to hear that something was announced are made good', async () => {
      const bob = await node.watcher('bob');
      node.open('ann');
      const { announce } = world.store;
      // Carried out, but the answer is lost, and nobody has told of it.
      jest.spyOn(world.store, 'announce').mockImplementationOnce(async (announcements) => {
        const listeners = world.store['listeners'].splice(0);
        await announce.call(world.store, announcements);
        world.store['listeners'].push(...listeners);
        throw new Error('no answer');
      });
      await node.sweep();
      expect(bob.news()).toEqual([]);
      await node.sweep();
      expect(bob.news()).toEqual(['ann online']);
      await node.sweep();
      expect(bob.news()).toEqual([]);
    });

    it('to learn who the friends are are made good, with the newest status', async () => {
      const bob = await node.watcher('bob');
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
