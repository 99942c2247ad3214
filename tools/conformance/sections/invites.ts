import type {
  ConversationCreated,
  History,
  Invite,
  InviteAccepted,
  InviteMade,
  InvitePreview,
} from '@parley/protocol';
import type { Section } from '../check';
import { must, same } from '../difference';
import { type Scene, say, type Somebody } from '../scene';

export const invites: Section = {
  title: 'Invites',
  checks: [
    ['a token is told once, shows the group, and lets in; everybody is told', lets],
    ['what is seen begins with the entry that says who came, and by whose invite', begins],
    ['joining may be repeated, also when the invite is over', repeats],
    ['no more than `maxUses` get in, however many come at once; who comes again counts once', counts],
    ['`unknown`, `revoked` and `used_up` are told apart', reasons],
    ['it is not good while its maker may not add members', acts],
    ['it undoes no removal, and no block with its maker', undoes],
    ['members make, list and revoke none, and a direct conversation has none', forbidden],
  ],
};

const make = (by: Somebody, conversationId: string, input: object = {}) =>
  by.ok<InviteMade>('POST', `/conversations/${conversationId}/invites`, input);
const accept = (by: Somebody, { token }: InviteMade) =>
  by.ok<InviteAccepted>('POST', '/invites/accept', { token });

async function refused(by: Somebody, token: string, reason: string): Promise<void> {
  for (const act of ['preview', 'accept']) {
    const { details } = await by.refused('invite_invalid', 'POST', `/invites/${act}`, { token });
    same(details?.reason, reason, `the reason of ${act}`);
  }
}

async function lets(scene: Scene): Promise<void> {
  const { ann, eve } = await scene.people('ann', 'eve');
  const conversationId = await ann.group();
  const { token, ...invite } = await make(ann, conversationId, { maxUses: 2 });
  must(/^[\w-]{24}$/.test(token), `the token is ${token.length} characters long`);
  same(invite, { conversationId, creator: { id: ann.id }, maxUses: 2, uses: 0 }, 'the invite');
  const { items } = await ann.ok<{ items: object[] }>('GET', `/conversations/${conversationId}/invites`);
  same(items.length, 1, 'how many there are');
  must(!('token' in items[0]!), 'the list tells a token');
  const shown = { title: 'Plans', memberCount: 1, historyVisible: false, creator: { id: ann.id } };
  same(
    await eve.ok<InvitePreview>('POST', '/invites/preview', { token }),
    { ...shown, conversationId: null },
    'the preview',
  );
  const [line, other] = [await ann.connect(), await eve.connect()];
  const { conversation } = await accept(eve, { ...invite, token });
  same(conversation, { id: conversationId, memberCount: 2 }, 'the conversation');
  same((await other.next('conversation.created')).conversation, conversation, 'the push to who came');
  const changed = await line.next('member.changed');
  same(
    changed,
    { conversationId, memberCount: 2, changes: [{ userId: eve.id, role: 'member' }] },
    'the push',
  );
  const preview = await eve.ok<InvitePreview>('POST', '/invites/preview', { token });
  same(preview.conversationId, conversationId, 'the conversation of the preview to a member');
}

async function begins(scene: Scene): Promise<void> {
  const { ann, eve } = await scene.people('ann', 'eve');
  const conversationId = await ann.group();
  await say(await ann.connect(), conversationId, 'before');
  await accept(eve, await make(ann, conversationId));
  const { messages } = await eve.ok<History>('GET', `/conversations/${conversationId}/messages`);
  const metadata = { type: 'member.added', userIds: [eve.id], invitedBy: ann.id };
  same(messages, [{ seq: 3, senderId: eve.id, metadata }], 'the history');
}

async function repeats(scene: Scene): Promise<void> {
  const { ann, eve } = await scene.people('ann', 'eve');
  const conversationId = await ann.group();
  const invite = await make(ann, conversationId, { maxUses: 1 });
  same((await accept(eve, invite)).duplicate, false, 'duplicate of the first');
  await ann.ok('DELETE', `/conversations/${conversationId}/invites/${invite.id}`);
  const again = await accept(eve, invite);
  same(again, { duplicate: true, conversation: { id: conversationId } }, 'the second answer');
}

async function counts(scene: Scene): Promise<void> {
  const { ann, bob, cid, eve } = await scene.people('ann', 'bob', 'cid', 'eve');
  const conversationId = await ann.group();
  const invite = await make(ann, conversationId, { maxUses: 2 });
  const { token } = invite;
  const people = [bob, cid, eve];
  const answers = await Promise.all(people.map((each) => each.call('POST', '/invites/accept', { token })));
  const inside = people.filter((_, at) => answers[at]!.status === 201);
  same(inside.length, 2, 'how many of three have come in at once');
  const [first] = inside as [Somebody];
  await first.ok('DELETE', `/conversations/${conversationId}/members/${first.id}`);
  same((await accept(first, invite)).duplicate, false, 'duplicate of who comes back');
}

async function reasons(scene: Scene): Promise<void> {
  const { ann, bob, eve } = await scene.people('ann', 'bob', 'eve');
  const conversationId = await ann.group();
  await refused(eve, 'AAAAAAAAAAAAAAAAAAAAAAAA', 'unknown');
  const [revoked, used] = [await make(ann, conversationId), await make(ann, conversationId, { maxUses: 1 })];
  for (let i = 0; i < 2; i++)
    await ann.ok('DELETE', `/conversations/${conversationId}/invites/${revoked.id}`);
  await refused(eve, revoked.token, 'revoked');
  await accept(bob, used);
  await refused(eve, used.token, 'used_up');
  const { items } = await ann.ok<{ items: Invite[] }>('GET', `/conversations/${conversationId}/invites`);
  same(items.length, 0, 'how many can be used');
}

async function acts(scene: Scene): Promise<void> {
  const { ann, bob, eve } = await scene.people('ann', 'bob', 'eve');
  const conversationId = await ann.group(bob);
  const role = (to: string) =>
    ann.ok('PATCH', `/conversations/${conversationId}/members/${bob.id}`, { role: to });
  await role('admin');
  const invite = await make(bob, conversationId);
  await role('member');
  await refused(eve, invite.token, 'revoked');
  await role('admin');
  await accept(eve, invite);
}

async function undoes(scene: Scene): Promise<void> {
  const { ann, bob, eve } = await scene.people('ann', 'bob', 'eve');
  const conversationId = await ann.group(bob);
  const { token } = await make(ann, conversationId);
  await ann.ok('DELETE', `/conversations/${conversationId}/members/${bob.id}`);
  await bob.refused('forbidden', 'POST', '/invites/accept', { token });
  await eve.ok('PUT', `/contacts/${ann.id}`, { action: 'block' });
  await eve.refused('blocked', 'POST', '/invites/accept', { token });
}

async function forbidden(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const path = `/conversations/${await ann.group(bob)}/invites`;
  const { id } = await ann.ok<InviteMade>('POST', path, {});
  await bob.refused('forbidden', 'POST', path, {});
  await bob.refused('forbidden', 'GET', path);
  await bob.refused('forbidden', 'DELETE', `${path}/${id}`);
  const input = { kind: 'direct', memberIds: [bob.id] };
  const { conversation } = await ann.ok<ConversationCreated>('POST', '/conversations', input);
  await ann.refused('not_a_group', 'POST', `/conversations/${conversation.id}/invites`, {});
}
