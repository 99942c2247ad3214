import type { Conversation } from '@parley/protocol';
import type { Section } from '../check';
import { NotChecked, same } from '../difference';
import { newMessage, say, type Scene } from '../scene';

export const serverEvents: Section = {
  title: 'Server events',
  checks: [
    ['`conversation.created` tells who was added, with their member', created],
    ['`conversation.updated` tells a new title, after the entry of the same version', titled],
    ['`member.changed` tells who came and went, after the entry of the same version', members],
    ['`conversation.removed` tells who went, and nothing more comes from it', removed],
    ['`message.updated` carries the whole message', updated],
    ['`message.hidden` goes to my other devices alone', hidden],
    ['`typing.changed` goes to the other members', typed],
    ['`contact.changed` tells both sides how they stand', contact],
    ['`server.draining` comes when the server stops', draining],
  ],
};

async function group(scene: Scene) {
  const { ann, bob } = await scene.people('ann', 'bob');
  const conversationId = await ann.group(bob);
  return { ann, bob, conversationId, line: await ann.connect(), other: await bob.connect() };
}

async function created(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const other = await bob.connect();
  const conversationId = await ann.group(bob);
  const pushed = await other.next('conversation.created');
  same(
    pushed,
    { conversationId, conversation: { id: conversationId, kind: 'group', title: 'Plans', memberCount: 2 } },
    'the push',
  );
  same(pushed.member, { userId: bob.id, role: 'member', readSeq: 0 }, 'its member');
}

async function titled(scene: Scene): Promise<void> {
  const { ann, conversationId, other } = await group(scene);
  await ann.ok('PATCH', `/conversations/${conversationId}`, { title: 'Better plans' });
  const { message } = await other.next('message.created', ({ message: { kind } }) => kind === 'system');
  same(message, { text: null, metadata: { type: 'title.changed', title: 'Better plans' } }, 'the entry');
  const pushed = await other.next('conversation.updated');
  same(
    pushed,
    { conversationId, version: message.version, conversation: { title: 'Better plans' } },
    'the push',
  );
}

async function members(scene: Scene): Promise<void> {
  const { ann, conversationId, other } = await group(scene);
  const { eve } = await scene.people('eve');
  const next = async (type: string) => {
    const { message } = await other.next(
      'message.created',
      ({ message: { metadata } }) => metadata?.type === type,
    );
    const pushed = await other.next('member.changed');
    same(pushed.version, message.version, `the version of the push beside that of the entry ${type}`);
    return pushed;
  };
  await ann.ok('POST', `/conversations/${conversationId}/members`, { userIds: [eve.id] });
  same(
    await next('member.added'),
    { memberCount: 3, changes: [{ userId: eve.id, role: 'member', member: { userId: eve.id } }] },
    'the push of who came',
  );
  await ann.ok('PATCH', `/conversations/${conversationId}/members/${eve.id}`, { role: 'admin' });
  same(
    await next('role.changed'),
    { memberCount: 3, changes: [{ userId: eve.id, role: 'admin' }] },
    'the push of a role',
  );
  await eve.ok('DELETE', `/conversations/${conversationId}/members/${eve.id}`);
  same(
    await next('member.left'),
    { memberCount: 2, changes: [{ userId: eve.id, role: null, member: null }] },
    'the push of who went',
  );
}

async function removed(scene: Scene): Promise<void> {
  const { ann, bob, conversationId, line, other } = await group(scene);
  await ann.ok('DELETE', `/conversations/${conversationId}/members/${bob.id}`);
  const { version } = await other.next(
    'conversation.removed',
    (pushed) => pushed.conversationId === conversationId,
  );
  same(
    version,
    (await ann.ok<Conversation>('GET', `/conversations/${conversationId}`)).version,
    'the version',
  );
  other.frames.length = 0;
  await say(line, conversationId, 'without you');
  await other.none('message.created');
  await other.refusal('message.send', { conversationId, ...newMessage() }, 'conversation_not_found');
}

async function updated(scene: Scene): Promise<void> {
  const { conversationId, line, other } = await group(scene);
  const { id } = await say(line, conversationId);
  const { message } = await line.request('message.edit', { conversationId, id, text: 'edited' });
  same((await other.next('message.updated')).message, message, 'the message');
}

async function hidden(scene: Scene): Promise<void> {
  const { bob, conversationId, line, other } = await group(scene);
  const device = await bob.connect();
  const { id, seq } = await say(line, conversationId);
  await other.request('message.delete', { conversationId, id, forMe: true });
  same(await device.next('message.hidden'), { conversationId, id, seq }, 'the push');
  await line.none('message.hidden');
}

async function typed(scene: Scene): Promise<void> {
  const { ann, conversationId, line, other } = await group(scene);
  for (const on of [true, false]) {
    await line.request('typing.set', { conversationId, on });
    same(await other.next('typing.changed'), { conversationId, userId: ann.id, on }, 'the push');
  }
  await line.none('typing.changed');
}

async function contact(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const [line, other] = [await ann.connect(), await bob.connect()];
  await ann.ok('PUT', `/contacts/${bob.id}`, { action: 'request' });
  same(await line.next('contact.changed'), { userId: bob.id, state: 'outgoing' }, 'the push to who asks');
  same(
    await other.next('contact.changed'),
    { userId: ann.id, state: 'incoming' },
    'the push to who is asked',
  );
  await bob.ok('PUT', `/contacts/${ann.id}`, { action: 'accept' });
  for (const each of [line, other]) same((await each.next('contact.changed')).state, 'accepted', 'the state');
}

function draining(): Promise<void> {
  return Promise.reject(new NotChecked('it would end the server'));
}
