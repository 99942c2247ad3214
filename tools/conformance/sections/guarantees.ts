import type { ConversationCreated, History, Message } from '@parley/protocol';
import type { Section } from '../check';
import { same } from '../difference';
import { newMessage, say, type Scene } from '../scene';

export const guarantees: Section = {
  title: 'What is guaranteed',
  checks: [
    ['an id sent again is stored once, through any door and device, and answered as a duplicate', again],
    ['a duplicate is not pushed again', once],
    ['the same id with another request, or of somebody else, is id_conflict', conflict],
    ['a retry after an edit is answered with the message as it is now', retryAfterEdit],
    ['an edit, a reaction, a pin or a deletion once more changes nothing', sameAgain],
    ['making a group with an id is idempotent', groupAgain],
    ['seq is 1, 2, 3… for all, whoever writes, in the same order', dense],
    ['whoever sent gets the reply and no push; their other devices get the push', devices],
    ['a reply to a send is answered after it is stored', stored],
  ],
};

async function pair(scene: Scene) {
  const { ann, bob } = await scene.people('ann', 'bob');
  const conversationId = await ann.group(bob);
  return { ann, bob, conversationId, line: await ann.connect(), other: await bob.connect() };
}

async function again(scene: Scene): Promise<void> {
  const { ann, conversationId, line } = await pair(scene);
  const input = { ...newMessage(), metadata: { a: 1, b: [2] }, kind: 'note' };
  const first = await line.request('message.send', { conversationId, ...input });
  same(first.duplicate, false, 'duplicate of the first');
  const turned = { ...input, metadata: { b: [2], a: 1 } };
  const device = await (await ann.login()).connect();
  const rest = await ann.call('POST', `/conversations/${conversationId}/messages`, turned);
  same(rest.status, 201, 'the status of the retry over REST');
  for (const retry of [
    await line.request('message.send', { conversationId, ...input }),
    await device.request('message.send', { conversationId, ...turned }),
    rest.body,
  ])
    same(retry, { message: first.message, duplicate: true }, 'the answer to a retry');
}

async function once(scene: Scene): Promise<void> {
  const { ann, conversationId, line, other } = await pair(scene);
  const input = newMessage();
  await line.request('message.send', { conversationId, ...input });
  await other.next('message.created', ({ message }) => message.id === input.id);
  await line.request('message.send', { conversationId, ...input });
  await ann.ok('POST', `/conversations/${conversationId}/messages`, input);
  await say(line, conversationId, 'after it');
  await other.next('message.created', ({ message }) => message.text === 'after it');
  await other.none('message.created', ({ message }) => message.id === input.id);
}

async function conflict(scene: Scene): Promise<void> {
  const { conversationId, line, other } = await pair(scene);
  const input = newMessage();
  await line.request('message.send', { conversationId, ...input });
  await line.refusal('message.send', { conversationId, ...input, text: 'other' }, 'id_conflict');
  await line.refusal('message.send', { conversationId, ...input, mentionAll: true }, 'id_conflict');
  await other.refusal('message.send', { conversationId, ...input }, 'id_conflict');
}

async function retryAfterEdit(scene: Scene): Promise<void> {
  const { conversationId, line } = await pair(scene);
  const input = newMessage();
  await line.request('message.send', { conversationId, ...input });
  const { message } = await line.request('message.edit', { conversationId, id: input.id, text: 'edited' });
  same(
    await line.request('message.send', { conversationId, ...input }),
    { message, duplicate: true },
    'the retry',
  );
}

async function sameAgain(scene: Scene): Promise<void> {
  const { conversationId, line, other } = await pair(scene);
  const { id } = await say(line, conversationId);
  const target = { conversationId, id };
  const acts: (() => Promise<{ message: Message }>)[] = [
    () => line.request('message.edit', { ...target, text: 'edited' }),
    () => line.request('reaction.set', { ...target, emoji: '👍', on: true }),
    () => line.request('pin.set', { ...target, on: true }),
    () => line.request('reaction.set', { ...target, emoji: '👍', on: false }),
    () => line.request('message.delete', target),
  ];
  for (const act of acts) {
    const { message } = await act();
    same((await act()).message, message, 'the message after the same once more');
    await other.next('message.updated', ({ message: { version } }) => version === message.version);
    await other.none('message.updated');
  }
}

async function groupAgain(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const input = { kind: 'group', title: 'Once', memberIds: [bob.id], id: newMessage().id };
  const first = await ann.ok<ConversationCreated>('POST', '/conversations', input);
  same(first.duplicate, false, 'duplicate of the first');
  same(
    await ann.ok('POST', '/conversations', input),
    { ...first, duplicate: true },
    'the answer to the retry',
  );
  await ann.refused('id_conflict', 'POST', '/conversations', { ...input, title: 'Other' });
}

async function dense(scene: Scene): Promise<void> {
  const { ann, bob, eve } = await scene.people('ann', 'bob', 'eve');
  const conversationId = await ann.group(bob, eve);
  const lines = [await ann.connect(), await bob.connect(), await eve.connect()];
  const reader = await eve.connect();
  const texts = 15;
  const sent = await Promise.all(
    lines.map(async (line) => {
      const seqs: number[] = [];
      for (let i = 0; i < texts; i++) seqs.push((await say(line, conversationId, `${i}`)).seq);
      return seqs;
    }),
  );
  // The first is the entry that says that the group was made.
  const wanted = Array.from({ length: 3 * texts }, (_, i) => i + 2);
  same(
    sent.flat().sort((a, b) => a - b),
    wanted,
    'the seqs that were answered',
  );
  const seen: number[] = [];
  while (seen.length < wanted.length) seen.push((await reader.next('message.created')).message.seq);
  same(seen, wanted, 'the seqs that were pushed');
}

async function devices(scene: Scene): Promise<void> {
  const { ann, conversationId, line } = await pair(scene);
  const device = await ann.connect();
  const { id } = await say(line, conversationId);
  await device.next('message.created', ({ message }) => message.id === id);
  await line.none('message.created', ({ message }) => message.id === id);
  await line.request('reaction.set', { conversationId, id, emoji: '👍', on: true });
  await device.next('message.updated', ({ message }) => message.id === id);
  await line.none('message.updated', ({ message }) => message.id === id);
}

async function stored(scene: Scene): Promise<void> {
  const { bob, conversationId, line } = await pair(scene);
  const message = await say(line, conversationId);
  const { messages } = await bob.ok<History>('GET', `/conversations/${conversationId}/messages`);
  same(messages.at(-1), message, 'the newest of the history');
}
