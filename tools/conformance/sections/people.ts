import { CLOSE, type ConversationCreated, type History, type Tokens } from '@parley/protocol';
import type { Section } from '../check';
import { must, same } from '../difference';
import { newMessage, PASSWORD, say, type Scene } from '../scene';
import { closeOf } from './connecting';

export const groups: Section = {
  title: 'Groups',
  checks: [
    ['who joins sees what comes from then on', joined],
    ['with historyVisible they see everything', visible],
    ['members do not change what owners and admins may', roles],
    ['the last owner cannot leave while others are there, and hands over first', lastOwner],
    ['a direct conversation has no title, no roles and nobody to add', direct],
  ],
};

export const contacts: Section = {
  title: 'Contacts and blocks',
  checks: [
    ['requests that cross make a friendship', crossing],
    ['a block ends direct messages both ways, and nobody is told of it; groups go on', block],
  ],
};

export const accounts: Section = {
  title: 'Accounts and tokens',
  checks: [
    ['the refresh token before the current one yields the same successor', successor],
    ['an older one ends the session, and its sockets with 4409', reuse],
    ['logging out ends the session at once', logout],
    ['a new password ends the other sessions', password],
  ],
};

async function joined(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const conversationId = await ann.group();
  const before = await say(await ann.connect(), conversationId, 'before');
  await ann.ok('POST', `/conversations/${conversationId}/members`, { userIds: [bob.id] });
  const { messages } = await bob.ok<History>('GET', `/conversations/${conversationId}/messages`);
  same(
    messages.map(({ seq }) => seq),
    [before.seq + 1],
    'the seqs of their history',
  );
  await (
    await bob.connect()
  ).refusal('reaction.set', { conversationId, id: before.id, emoji: '👍', on: true }, 'message_not_found');
}

async function visible(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const input = { kind: 'group', title: 'Open', memberIds: [], historyVisible: true };
  const conversationId = (await ann.ok<ConversationCreated>('POST', '/conversations', input)).conversation.id;
  await say(await ann.connect(), conversationId, 'before');
  await ann.ok('POST', `/conversations/${conversationId}/members`, { userIds: [bob.id] });
  const { messages } = await bob.ok<History>('GET', `/conversations/${conversationId}/messages`);
  same(
    messages.map(({ seq }) => seq),
    [1, 2, 3],
    'the seqs of their history',
  );
}

async function roles(scene: Scene): Promise<void> {
  const { ann, bob, eve } = await scene.people('ann', 'bob', 'eve');
  const path = `/conversations/${await ann.group(bob, eve)}`;
  await bob.refused('forbidden', 'PATCH', path, { title: 'Mine' });
  await bob.refused('forbidden', 'DELETE', `${path}/members/${eve.id}`);
  await bob.refused('forbidden', 'PATCH', `${path}/members/${bob.id}`, { role: 'owner' });
  await ann.ok('PATCH', `${path}/members/${bob.id}`, { role: 'admin' });
  await bob.ok('PATCH', path, { title: 'Ours' });
  await bob.refused('forbidden', 'DELETE', `${path}/members/${ann.id}`);
}

async function lastOwner(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const path = `/conversations/${await ann.group(bob)}`;
  await ann.refused('last_owner', 'DELETE', `${path}/members/${ann.id}`);
  await ann.refused('last_owner', 'PATCH', `${path}/members/${ann.id}`, { role: 'member' });
  await ann.ok('POST', `${path}/handover`, { userId: bob.id });
  await ann.ok('DELETE', `${path}/members/${ann.id}`);
}

async function direct(scene: Scene): Promise<void> {
  const { ann, bob, eve } = await scene.people('ann', 'bob', 'eve');
  const conversationId = await ann.direct(bob);
  same(await bob.direct(ann), conversationId, 'the direct conversation from the other side');
  const path = `/conversations/${conversationId}`;
  await ann.refused('not_a_group', 'PATCH', path, { title: 'Us' });
  await ann.refused('not_a_group', 'POST', `${path}/members`, { userIds: [eve.id] });
}

async function crossing(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  await ann.ok('PUT', `/contacts/${bob.id}`, { action: 'request' });
  same(
    await bob.ok('PUT', `/contacts/${ann.id}`, { action: 'request' }),
    { state: 'accepted' },
    'how they stand',
  );
}

async function block(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const [line, other] = [await ann.connect(), await bob.connect()];
  const conversationId = await ann.direct(bob);
  const group = await ann.group(bob);
  const sent = await say(other, conversationId);
  await ann.ok('PUT', `/contacts/${bob.id}`, { action: 'block' });
  for (const each of [line, other])
    await each.refusal('message.send', { conversationId, ...newMessage() }, 'blocked');
  await other.refusal('message.edit', { conversationId, id: sent.id, text: 'x' }, 'blocked');
  await bob.refused('blocked', 'POST', '/conversations', { kind: 'group', memberIds: [ann.id] });
  await other.none('contact.changed');
  await say(other, group, 'in common');
  await line.next(
    'message.created',
    ({ message }) => message.conversationId === group && message.kind === 'text',
  );
}

async function successor(scene: Scene): Promise<void> {
  const { ann } = await scene.people('ann');
  const renew = () =>
    scene.rest<Tokens>('POST', '/v1/auth/refresh', { refreshToken: ann.tokens.refreshToken });
  const [first, second] = [await renew(), await renew()];
  same([first.status, second.status], [200, 200], 'the statuses of two refreshes with one token');
  same(second.body.refreshToken, first.body.refreshToken, 'the successor of the second');
}

async function reuse(scene: Scene): Promise<void> {
  const { ann } = await scene.people('ann');
  const line = await ann.connect();
  const renew = (refreshToken: string) => scene.rest<Tokens>('POST', '/v1/auth/refresh', { refreshToken });
  const { body } = await renew(ann.tokens.refreshToken);
  await renew(body.refreshToken);
  same((await renew(ann.tokens.refreshToken)).status, 401, 'the status of a refresh with an older token');
  same(await line.end(), closeOf(CLOSE.sessionRevoked), 'the close');
}

async function logout(scene: Scene): Promise<void> {
  const { ann } = await scene.people('ann');
  const line = await ann.connect();
  await ann.ok('POST', '/auth/logout');
  same(await line.end(), closeOf(CLOSE.sessionRevoked), 'the close');
  await ann.refused('session_revoked', 'GET', '/users/me');
}

async function password(scene: Scene): Promise<void> {
  const { ann } = await scene.people('ann');
  const other = await ann.login();
  const [line, gone] = [await ann.connect(), await other.connect()];
  await ann.ok('POST', '/auth/password', { currentPassword: PASSWORD, newPassword: 'another battery' });
  same(await gone.end(), closeOf(CLOSE.sessionRevoked), 'the close of the other session');
  await line.request('ping');
  must(line.raw.readyState === line.raw.OPEN, 'the session that changed it was closed too');
}
