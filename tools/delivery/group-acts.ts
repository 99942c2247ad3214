import type { ConversationCreated, ErrorCode } from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { Act, Actor } from './actor';
import type { Held } from './device';

/** Roles may have changed, and so may who is in it, between looking and asking. */
const PASSED: ErrorCode[] = ['conversation_not_found', 'forbidden'];
const SMALL = 4;
const LARGE = 14;

async function make(actor: Actor): Promise<void> {
  const { random, stage } = actor;
  const others = stage.userIds.filter((id) => id !== actor.userId);
  const memberIds = random.shuffled(others).slice(0, random.between(1, Math.min(8, others.length)));
  await makeGroup(actor, memberIds);
}

/** Makes a group of the actor and others. */
export async function makeGroup(actor: Actor, memberIds: readonly string[]): Promise<void> {
  const id = uuidv7();
  const input = {
    id,
    kind: 'group',
    title: titleOf(actor),
    memberIds,
    historyVisible: actor.random.chance(0.3),
  };
  const made = await actor.overRest('make group', ['blocked'], (rest) => {
    return rest.call<ConversationCreated>('POST', '/v1/conversations', input);
  });
  if (made) actor.stage.ledger.groups.add(id);
}

async function retitle(actor: Actor): Promise<void> {
  const held = actor.conversation(keepsOrder);
  if (!held) return;
  const title = titleOf(actor);
  const changed = await actor.overRest('title', PASSED, (rest) => {
    return rest.call('PATCH', `/v1/conversations/${held.id}`, { title });
  });
  if (changed) actor.stage.ledger.titles.push({ conversationId: held.id, title });
}

async function add(actor: Actor): Promise<void> {
  const held = actor.conversation((each) => keepsOrder(each) && each.memberIds.length < LARGE);
  if (!held) return;
  const others = actor.stage.userIds.filter((id) => !held.memberIds.includes(id));
  const userIds = actor.random.shuffled(others).slice(0, actor.random.between(1, 2));
  if (userIds.length === 0) return;
  await actor.overRest('add', [...PASSED, 'blocked'], (rest) => {
    return rest.call('POST', `/v1/conversations/${held.id}/members`, { userIds });
  });
}

async function remove(actor: Actor): Promise<void> {
  const held = actor.conversation((each) => keepsOrder(each) && each.memberIds.length > SMALL);
  const userId = held && actor.random.pick(held.memberIds.filter((id) => id !== actor.userId));
  if (userId) await takeOut(actor, held, userId, 'remove');
}

async function leave(actor: Actor): Promise<void> {
  const held = actor.conversation((each) => each.kind === 'group' && each.memberIds.length > SMALL);
  if (held) await takeOut(actor, held, actor.userId, 'leave');
}

async function takeOut(actor: Actor, held: Held, userId: string, name: string): Promise<void> {
  const path = `/v1/conversations/${held.id}/members/${userId}`;
  await actor.overRest(name, [...PASSED, 'member_not_found', 'last_owner'], (rest) =>
    rest.call('DELETE', path),
  );
}

async function promote(actor: Actor): Promise<void> {
  const held = actor.conversation((each) => each.kind === 'group' && each.own?.role === 'owner');
  const userId = held && actor.random.pick(held.memberIds.filter((id) => id !== actor.userId));
  if (!userId) return;
  const role = actor.random.pick(['admin', 'member', 'owner']);
  const path = `/v1/conversations/${held.id}/members/${userId}`;
  const refusals: ErrorCode[] = [...PASSED, 'member_not_found', 'last_owner'];
  await actor.overRest('role', refusals, (rest) => rest.call('PATCH', path, { role }));
}

function keepsOrder(held: Held): boolean {
  return held.kind === 'group' && held.own !== undefined && held.own.role !== 'member';
}

// No two are alike: an entry that is there twice was stored twice.
function titleOf({ random }: Actor): string {
  return `Group ${random.between(0, 999)} ${uuidv7().slice(-12)}`;
}

/** What people do with groups. */
export const GROUP_ACTS: readonly Act[] = [
  { name: 'make group', weight: 1, run: make },
  { name: 'title', weight: 2, run: retitle },
  { name: 'add', weight: 4, run: add },
  { name: 'remove', weight: 1.5, run: remove },
  { name: 'leave', weight: 1.5, run: leave },
  { name: 'role', weight: 1.5, run: promote },
];
