import type { Section } from '../check';
import { same } from '../difference';
import type { Scene } from '../scene';

export const presence: Section = {
  title: 'Presence',
  checks: [
    ['friends are told who comes and what they choose; invisible is offline to others', friends],
    ['who may not be known is unknown, and an order is kept', unknown],
    ['a fellow member is told of to who watches', watching],
  ],
};

async function friends(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  await ann.befriend(bob);
  const other = await bob.connect();
  const of = (status: string) => (told: { userId: string; status: string }) =>
    told.userId === ann.id && told.status === status;
  const line = await ann.connect();
  same(await other.next('presence.changed', of('online')), { lastSeenAt: null }, 'the push of who comes');
  same(
    await line.request('presence.set', { status: 'busy' }),
    { userId: ann.id, status: 'busy' },
    'the reply',
  );
  await other.next('presence.changed', of('busy'));
  same(
    (await line.request('presence.set', { status: 'invisible' })).status,
    'invisible',
    'the status that I see',
  );
  await other.next('presence.changed', of('offline'));
  await line.refusal('presence.set', { status: 'offline' }, 'payload_invalid');
}

async function unknown(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const line = await ann.connect();
  const { presence: found } = await line.request('presence.watch', { userIds: [bob.id, ann.id] });
  same(
    found,
    [
      { userId: bob.id, status: 'unknown', lastSeenAt: null },
      { userId: ann.id, status: 'online' },
    ],
    'presence',
  );
}

async function watching(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  await ann.group(bob);
  const other = await bob.connect();
  const { presence: found } = await other.request('presence.watch', { userIds: [ann.id] });
  same(found, [{ userId: ann.id, status: 'offline' }], 'presence');
  await ann.connect();
  await other.next('presence.changed', ({ userId, status }) => userId === ann.id && status === 'online');
}
