import { Logger } from '@nestjs/common';
import { Node, World, settled } from './test-support';

describe('watching somebody', () => {
  let world: World;
  let node: Node;

  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(['log', 'warn', 'error']));
  beforeEach(() => {
    world = new World();
    node = world.node();
    world.contacts.befriend('ann', 'bob');
    world.membership.conversations.push(new Set(['ann', 'cid']));
  });

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
    const bob = await node.watcher('bob');
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
    expect(await node.status('cid', 'ann')).toBe('unknown');
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
    const bob = await node.watcher('bob');
    await node.service.watch(bob, ['ann']);
    world.contacts.block('ann', 'bob');
    node.open('ann');
    await node.sweep();
    expect(bob.news()).toEqual([]);
  });
});
