import { randomUUID } from 'node:crypto';
import {
  type ConversationSummary,
  type History,
  LIMITS,
  type MessageChanged,
  type MessageSent,
  type Page,
  type User,
} from '@parley/protocol';
import openApi from '../../../docs/openapi.json';
import type { Section } from '../check';
import { same } from '../difference';
import { newMessage, say, type Scene } from '../scene';

/** Before there is a token. */
const OPEN = /^\/(v1\/auth\/(register|login|refresh|password-reset)|health\/)/;

export const rest: Section = {
  title: 'REST',
  checks: [
    ['every route but those of the door needs a token', needToken],
    ['a path that there is not is route_unknown', noRoute],
    ['history is in the order of seq, the newest page or those before and after a seq', history],
    ['a message over REST is pushed to every device, and stored like one over the socket', sends],
    ['lists come in pages by cursor', lists],
    ['people are found by how their names begin', search],
  ],
};

export const limits: Section = {
  title: 'Limits',
  checks: [
    ['`textBytes`, `mentions`, `metadataBytes` and `frameBytes` hold, and ready tells them', bounds],
    ['`pageSize`, `presenceWatch` and `titleLength` hold', sizes],
    ['`reactionKinds` and `pins` hold', counts],
  ],
};

async function needToken(scene: Scene): Promise<void> {
  for (const [path, methods] of Object.entries(openApi.paths)) {
    if (OPEN.test(path)) continue;
    const filled = path.replace('{emoji}', 'x').replace(/\{\w+\}/g, randomUUID());
    for (const method of Object.keys(methods))
      await scene.restRefusal('unauthenticated', method.toUpperCase(), filled);
  }
}

async function noRoute(scene: Scene): Promise<void> {
  await scene.restRefusal('route_unknown', 'GET', '/v1/nothing');
  await scene.restRefusal('route_unknown', 'GET', '/v2/users/me');
}

async function history(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const [line, conversationId] = [await ann.connect(), await ann.direct(bob)];
  for (let i = 0; i < 5; i++) await say(line, conversationId, `${i}`);
  const page = async (query: string) => {
    const { messages, more } = await bob.ok<History>(
      'GET',
      `/conversations/${conversationId}/messages?${query}`,
    );
    return { seqs: messages.map(({ seq }) => seq), more };
  };
  same(await page('limit=2'), { seqs: [4, 5], more: true }, 'the newest page');
  same(await page('before=4&limit=5'), { seqs: [1, 2, 3], more: false }, 'those before 4');
  same(await page('after=1&limit=2'), { seqs: [2, 3], more: true }, 'those after 1');
}

async function sends(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const [line, other] = [await ann.connect(), await bob.connect()];
  const { message, duplicate } = await ann.ok<MessageSent>('POST', '/messages', {
    to: bob.id,
    ...newMessage(),
  });
  same(duplicate, false, 'duplicate');
  for (const each of [line, other]) same((await each.next('message.created')).message, message, 'the push');
  const path = `/conversations/${message.conversationId}/messages/${message.id}`;
  const { message: edited } = await ann.ok<MessageChanged>('PATCH', path, { text: 'edited' });
  for (const each of [line, other])
    same((await each.next('message.updated')).message, edited, 'the push of an edit');
  await ann.ok('PUT', `${path}/reactions/${encodeURIComponent('👍')}`);
  same((await line.next('message.updated')).message.reactions, [{ emoji: '👍', count: 1 }], 'the reactions');
}

async function lists(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const ids = [await ann.group(bob), await ann.group(bob), await ann.group(bob)].reverse();
  const first = await ann.ok<Page<ConversationSummary>>('GET', '/conversations?limit=2');
  const second = await ann.ok<Page<ConversationSummary>>(
    'GET',
    `/conversations?limit=2&cursor=${encodeURIComponent(first.cursor ?? '')}`,
  );
  const found = [...first.items, ...second.items].map(({ id }) => id);
  same({ found, cursor: second.cursor }, { found: ids, cursor: null }, 'the pages');
}

async function search(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const { items } = await ann.ok<Page<User>>('GET', `/users?query=${bob.username.slice(0, -1)}`);
  same(items, [{ id: bob.id, username: bob.username, displayName: 'bob', deleted: false }], 'who is found');
}

async function bounds(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const line = await scene.line({ token: ann.tokens.accessToken });
  const { limits: told } = await line.next('ready');
  const { textBytes, frameBytes, metadataBytes, mentions } = LIMITS;
  same(told, { textBytes, frameBytes, metadataBytes, mentions }, 'the limits of ready');
  await line.request('message.send', { to: bob.id, ...newMessage('x'.repeat(textBytes)) });
  const send = (data: object) => ({ to: bob.id, ...newMessage(), ...data });
  await line.refusal('message.send', send({ text: 'x'.repeat(textBytes + 1) }), 'text_too_long');
  await line.refusal('message.send', send({ metadata: { x: 'x'.repeat(metadataBytes) } }), 'payload_invalid');
  const many = Array.from({ length: mentions + 1 }, () => randomUUID());
  await line.refusal('message.send', send({ mentions: many }), 'payload_invalid');
  await ann.refused('payload_too_large', 'POST', '/messages', send({ text: 'x'.repeat(frameBytes) }));
}

async function sizes(scene: Scene): Promise<void> {
  const { ann } = await scene.people('ann');
  const line = await ann.connect();
  await line.refusal('sync', { limit: LIMITS.pageSize + 1 }, 'payload_invalid');
  await line.refusal('sync', { limit: 0 }, 'payload_invalid');
  const many = Array.from({ length: LIMITS.presenceWatch + 1 }, () => randomUUID());
  await line.refusal('presence.watch', { userIds: many }, 'payload_invalid');
  const title = 'x'.repeat(LIMITS.titleLength + 1);
  await ann.refused('payload_invalid', 'POST', '/conversations', { kind: 'group', memberIds: [], title });
}

async function counts(scene: Scene): Promise<void> {
  const { ann } = await scene.people('ann');
  const [line, conversationId] = [await ann.connect(), await ann.group()];
  const ids: string[] = [];
  for (let i = 0; i <= LIMITS.pins; i++) ids.push((await say(line, conversationId, `${i}`)).id);
  for (const id of ids.slice(1)) await line.request('pin.set', { conversationId, id, on: true });
  await line.refusal('pin.set', { conversationId, id: ids[0], on: true }, 'pin_limit');
  const react = (kind: number) => ({ conversationId, id: ids[0]!, emoji: `${kind}`, on: true });
  for (let kind = 0; kind < LIMITS.reactionKinds; kind++) await line.request('reaction.set', react(kind));
  await line.refusal('reaction.set', react(LIMITS.reactionKinds), 'reaction_limit');
}
