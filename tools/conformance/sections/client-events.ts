import { randomUUID } from 'node:crypto';
import { type History, LIMITS, type Message } from '@parley/protocol';
import type { Section } from '../check';
import { must, same } from '../difference';
import { newMessage, say, type Scene } from '../scene';

export const clientEvents: Section = {
  title: 'Client events',
  checks: [
    ['`message.send` to a user makes the direct conversation once', toUser],
    ['`message.send` keeps text, kind, metadata, mentions and replyTo as they were', kept],
    ['`message.send` is refused by name', sendRefused],
    ['`message.edit` changes text and mentions, and is refused to others and where ifVersion differs', edit],
    ['`message.delete` takes text, metadata, reactions and pin away, and keeps id and seq', remove],
    ['`message.delete` with forMe hides it from me alone', forMe],
    ['`reaction.set` counts each kind once per person', react],
    ['`pin.set` is for owners and admins of a group', pin],
    ['`typing.set` answers {}, and needs a member', typing],
    ['what does not exist is refused by name, to each event', missing],
  ],
};

async function group(scene: Scene) {
  const { ann, bob } = await scene.people('ann', 'bob');
  const conversationId = await ann.group(bob);
  return { ann, bob, conversationId, line: await ann.connect(), other: await bob.connect() };
}

async function toUser(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const [line, other] = [await ann.connect(), await bob.connect()];
  const { message } = await line.request('message.send', { to: bob.id, ...newMessage() });
  const back = await other.request('message.send', { to: ann.id, ...newMessage() });
  same(back.message.conversationId, message.conversationId, 'the conversation of the answer');
  same([message.seq, back.message.seq], [1, 2], 'the seqs');
  await line.refusal('message.send', { to: randomUUID(), ...newMessage() }, 'user_not_found');
}

async function kept(scene: Scene): Promise<void> {
  const { bob, conversationId, line, other } = await group(scene);
  const original = await say(line, conversationId, 'The original');
  const input = {
    ...newMessage('  e\u0301 👩‍👩‍👧 \n'),
    ...{ kind: 'image.v2', metadata: { deep: { list: [1, 'x', null, true] } } },
    ...{ mentions: [bob.id], mentionAll: true, replyTo: original.id },
  };
  const { message } = await line.request('message.send', { conversationId, ...input });
  const { mentionAll, ...same_ } = input;
  const quote = {
    id: original.id,
    seq: original.seq,
    version: original.version,
    text: 'The original',
    deleted: false,
  };
  same(
    message,
    { ...same_, mentionsAll: mentionAll, quote, reactions: [], editedAt: null, deletedAt: null },
    'the message',
  );
  same(
    (await other.next('message.created', ({ message: { id } }) => id === input.id)).message,
    message,
    'the push',
  );
}

async function sendRefused(scene: Scene): Promise<void> {
  const { conversationId, line } = await group(scene);
  const refused = (data: object, code: Parameters<typeof line.refusal>[2]) =>
    line.refusal('message.send', { conversationId, ...newMessage(), ...data }, code);
  await refused({ text: '' }, 'payload_invalid');
  await refused({ kind: 'system' }, 'payload_invalid');
  await refused({ to: randomUUID() }, 'payload_invalid');
  await refused({ text: 'a\u0000b' }, 'text_invalid');
  await refused({ text: 'a\ud800b' }, 'text_invalid');
  await refused({ text: 'ä'.repeat(LIMITS.textBytes / 2 + 1) }, 'text_too_long');
  const stranger = randomUUID();
  same((await refused({ mentions: [stranger] }, 'member_not_found')).userId, stranger, 'details.userId');
  await refused({ replyTo: randomUUID() }, 'message_not_found');
  await refused({ conversationId: randomUUID() }, 'conversation_not_found');
}

async function edit(scene: Scene): Promise<void> {
  const { bob, conversationId, line, other } = await group(scene);
  const sent = await say(line, conversationId);
  const target = { conversationId, id: sent.id };
  const { message } = await line.request('message.edit', { ...target, text: 'edited', mentions: [bob.id] });
  same(
    message,
    { ...sent, text: 'edited', mentions: [bob.id], version: sent.version + 1, editedAt: message.editedAt },
    'the message',
  );
  must(message.editedAt !== null, 'editedAt is null');
  await other.refusal('message.edit', { ...target, text: 'mine' }, 'forbidden');
  const late = await line.refusal(
    'message.edit',
    { ...target, text: 'late', ifVersion: sent.version },
    'version_conflict',
  );
  same(late.version, message.version, 'details.version');
  await line.request('message.delete', target);
  await line.refusal('message.edit', { ...target, text: 'gone' }, 'message_deleted');
}

async function remove(scene: Scene): Promise<void> {
  const { bob, conversationId, line, other } = await group(scene);
  const sent = await line.request('message.send', {
    conversationId,
    ...newMessage(),
    metadata: { a: 1 },
    mentions: [bob.id],
  });
  const target = { conversationId, id: sent.message.id };
  await other.request('reaction.set', { ...target, emoji: '👍', on: true });
  await line.request('pin.set', { ...target, on: true });
  await other.refusal('message.delete', target, 'forbidden');
  const { message } = await line.request('message.delete', target);
  const rest = { id: target.id, seq: sent.message.seq, senderId: sent.message.senderId, kind: 'text' };
  const nothing = { text: null, metadata: null, mentions: [], reactions: [], pinnedAt: null, pinnedBy: null };
  same(message, { ...rest, ...nothing }, 'the message');
  must(message.deletedAt !== null, 'deletedAt is null');
  await line.refusal('reaction.set', { ...target, emoji: '👍', on: true }, 'message_deleted');
  await line.refusal('pin.set', { ...target, on: true }, 'message_deleted');
  // As owner of the group, of anybody.
  const others = await say(other, conversationId);
  await line.request('message.delete', { conversationId, id: others.id });
}

async function forMe(scene: Scene): Promise<void> {
  const { ann, bob, conversationId, line, other } = await group(scene);
  const { id } = await say(line, conversationId);
  const target = { conversationId, id };
  const { message } = await other.request('message.delete', { ...target, forMe: true });
  same(
    { text: message.text, deletedAt: message.deletedAt },
    { text: 'Hello', deletedAt: null },
    'the message for others',
  );
  await other.refusal('reaction.set', { ...target, emoji: '👍', on: true }, 'message_not_found');
  const of = async (person: typeof ann) =>
    (await person.ok<History>('GET', `/conversations/${conversationId}/messages`)).messages.some(
      (each) => each.id === id,
    );
  same(
    [await of(ann), await of(bob)],
    [true, false],
    'whether it is in the history of the one and of the other',
  );
  await line.request('message.edit', { ...target, text: 'edited' });
  await other.none('message.updated', (pushed) => pushed.message.id === id);
}

async function react(scene: Scene): Promise<void> {
  const { ann, bob, conversationId, line, other } = await group(scene);
  const { id } = await say(line, conversationId);
  const set = (who: typeof line, emoji: string, on: boolean) =>
    who.request('reaction.set', { conversationId, id, emoji, on });
  await set(line, '👍', true);
  await set(other, '👍', true);
  const { message } = await set(other, '🎉', true);
  const wanted = [
    { emoji: '👍', count: 2, userIds: [ann.id, bob.id] },
    { emoji: '🎉', count: 1, userIds: [bob.id] },
  ];
  same(message.reactions, wanted, 'the reactions');
  same(
    (await set(line, '👍', false)).message.reactions[0],
    { count: 1, userIds: [bob.id] },
    'the first, once it is taken off',
  );
  await line.refusal(
    'reaction.set',
    { conversationId, id, emoji: 'x'.repeat(LIMITS.emojiBytes + 1), on: true },
    'payload_invalid',
  );
}

async function pin(scene: Scene): Promise<void> {
  const { ann, conversationId, line, other } = await group(scene);
  const { id } = await say(line, conversationId);
  await other.refusal('pin.set', { conversationId, id, on: true }, 'forbidden');
  const { message } = await line.request('pin.set', { conversationId, id, on: true });
  same(
    { by: message.pinnedBy, at: message.pinnedAt !== null },
    { by: ann.id, at: true },
    'who has pinned it, and whether when',
  );
  const { messages } = await ann.ok<{ messages: Message[] }>('GET', `/conversations/${conversationId}/pins`);
  same(messages, [message], 'the pinned messages');
  same(
    (await line.request('pin.set', { conversationId, id, on: false })).message.pinnedAt,
    null,
    'pinnedAt of the unpinned',
  );
}

async function typing(scene: Scene): Promise<void> {
  const { conversationId, line } = await group(scene);
  same(await line.request('typing.set', { conversationId, on: true }), {}, 'the reply');
}

async function missing(scene: Scene): Promise<void> {
  const { conversationId, line } = await group(scene);
  const [nowhere, nothing] = [randomUUID(), randomUUID()];
  const events: [string, object][] = [
    ['message.edit', { text: 'x' }],
    ['message.delete', {}],
    ['reaction.set', { emoji: '👍', on: true }],
    ['pin.set', { on: true }],
  ];
  for (const [event, data] of events) {
    await line.refusal(event, { conversationId, id: nothing, ...data }, 'message_not_found');
    await line.refusal(event, { conversationId: nowhere, id: nothing, ...data }, 'conversation_not_found');
  }
  for (const event of ['receipt.delivered', 'receipt.read']) {
    await line.refusal(event, { conversationId, messageId: nothing }, 'message_not_found');
    await line.refusal(event, { conversationId: nowhere, seq: 1 }, 'conversation_not_found');
    await line.refusal(event, { conversationId }, 'payload_invalid');
  }
  await line.refusal('typing.set', { conversationId: nowhere, on: true }, 'conversation_not_found');
  await line.refusal(
    'changes',
    { conversationId: nowhere, afterVersion: 0, afterSeq: 0 },
    'conversation_not_found',
  );
}
