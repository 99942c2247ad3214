import type { ParleyRest } from '@parley/client';
import type { ErrorCode, Message, MessageChanged, MessageSend, MessageSent } from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { Act, Actor } from './actor';
import type { Held } from './device';

const GONE: ErrorCode[] = ['conversation_not_found', 'message_not_found'];
const EMOJI = ['👍', '❤️', '😂', '🎉', '👀'];
const WORDS = ['so', 'wie', 'früher', '明日', 'maybe', 'tomorrow', '🙂', 'the', 'green', 'one', 'ну', 'да'];

/** One message, and more of it than one request: over which doors, and how often. */
type Doors = readonly ('socket' | 'rest' | 'sibling')[];
const DOORS: readonly { weight: number; doors: Doors }[] = [
  { weight: 60, doors: ['socket'] },
  { weight: 20, doors: ['rest'] },
];
const DOUBLED: readonly Doors[] = [
  ['socket', 'rest'],
  ['socket', 'sibling'],
  ['rest', 'rest'],
  ['socket', 'socket'],
];

async function send(actor: Actor): Promise<void> {
  const { random, stage } = actor;
  const input = random.chance(0.06) ? direct(actor) : conversational(actor);
  if (!input) return;
  stage.ledger.send(actor.userId, input);
  const doors = random.chance(stage.doubling)
    ? random.pick(DOUBLED)
    : random.weighted(DOORS as [(typeof DOORS)[number]]).doors;
  await Promise.all((doors ?? []).map((door) => pass(actor, input, door)));
}

async function pass(actor: Actor, input: MessageSend, door: Doors[number]): Promise<void> {
  const { kind } = actor.client.replica.conversations.get(input.conversationId ?? '') ?? {};
  // Nobody leaves a direct conversation; what is answered may go anywhere.
  const refusals: ErrorCode[] = ['message_not_found'];
  if (kind === 'group') refusals.push('conversation_not_found', 'member_not_found');
  else refusals.push('blocked');
  const { conversationId, to, ...message } = input;
  const overRest = (rest: ParleyRest) =>
    conversationId === undefined
      ? rest.call<MessageSent>('POST', '/v1/messages', { to, ...message })
      : rest.call<MessageSent>('POST', `/v1/conversations/${conversationId}/messages`, message);
  const sibling = actor.random.pick(actor.stage.clients.get(actor.userId) ?? []) ?? actor.client;
  const sent =
    door === 'rest'
      ? await actor.overRest('send', refusals, overRest)
      : await actor.overSocket(
          'send',
          refusals,
          (socket) => socket.request('message.send', input),
          door === 'sibling' ? sibling : actor.client,
        );
  if (sent) actor.stage.ledger.sent(sent);
}

function direct(actor: Actor): MessageSend | null {
  const to = actor.random.pick(actor.stage.userIds.filter((id) => id !== actor.userId));
  return to === undefined ? null : { to, ...body(actor) };
}

function conversational(actor: Actor): MessageSend | null {
  const { random } = actor;
  const held = actor.conversation();
  if (!held) return null;
  const mentioned = random.chance(0.15) ? random.pick(held.memberIds) : undefined;
  const original = random.chance(0.2)
    ? actor.message(held, ({ deletedAt }) => deletedAt === null)
    : undefined;
  return {
    conversationId: held.id,
    ...body(actor),
    ...(mentioned !== undefined && { mentions: [mentioned] }),
    ...(random.chance(0.04) && { mentionAll: true }),
    ...(original && { replyTo: original.id }),
    ...(random.chance(0.1) && { metadata: { n: random.between(0, 9), nested: { list: [1, 'two', null] } } }),
  };
}

function body(actor: Actor): { id: string; text: string } {
  return { id: uuidv7(), text: words(actor) };
}

function words({ random }: Actor): string {
  const count = random.chance(0.05) ? 150 : random.between(1, 8);
  return Array.from({ length: count }, () => random.pick(WORDS)).join(' ');
}

async function edit(actor: Actor): Promise<void> {
  const { random } = actor;
  const target = find(actor, (message) => message.senderId === actor.userId && message.kind !== 'system');
  if (!target) return;
  const { held, message } = target;
  const careful = random.chance(0.4);
  const mentions = random.chance(0.2) ? [random.pick(held.memberIds) ?? actor.userId] : undefined;
  const revision = { text: `${words(actor)} (${random.between(0, 1e9)})`, mentions };
  const input = { conversationId: held.id, id: message.id, ...revision };
  const refusals: ErrorCode[] = [...GONE, 'blocked', 'message_deleted', 'member_not_found'];
  if (careful) refusals.push('version_conflict');
  const data = careful ? { ...input, ifVersion: message.version } : input;
  if (random.chance(0.3)) {
    const path = `/v1/conversations/${held.id}/messages/${message.id}`;
    const { conversationId: _, id: __, ...overRest } = data;
    const changed = await actor.overRest('edit', refusals, (rest) =>
      rest.call<MessageChanged>('PATCH', path, overRest),
    );
    if (changed) actor.stage.ledger.answered(changed.message);
    return;
  }
  await actor.change('edit', refusals, (socket) => socket.request('message.edit', data));
}

async function remove(actor: Actor): Promise<void> {
  const target = find(actor, (message, held) => {
    const keepsOrder = held.kind === 'group' && held.own?.role !== 'member';
    return message.kind !== 'system' && (message.senderId === actor.userId || keepsOrder);
  });
  if (!target) return;
  const { conversationId, id } = target.message;
  // Who kept order may have become a member like any other.
  const refusals: ErrorCode[] = [...GONE, 'forbidden'];
  await actor.change('delete', refusals, (socket) =>
    socket.request('message.delete', { conversationId, id }),
  );
}

async function hide(actor: Actor): Promise<void> {
  const target = find(actor, () => true);
  if (!target) return;
  const { conversationId, id, seq } = target.message;
  const hidden = await actor.overSocket('delete for me', GONE, async (socket) => {
    const answer = await socket.request('message.delete', { conversationId, id, forMe: true });
    actor.client.replica.conversations.get(conversationId)?.hide(id, seq);
    return answer;
  });
  if (!hidden) return;
  actor.stage.ledger.hidden.push({ userId: actor.userId, conversationId, id });
  for (const { trace } of actor.stage.clients.get(actor.userId) ?? []) {
    trace.note(conversationId, `seq ${seq} was deleted by ${actor.client.name} for themselves`);
  }
}

async function react(actor: Actor): Promise<void> {
  const target = find(actor, ({ deletedAt }) => deletedAt === null);
  const emoji = actor.random.pick(EMOJI);
  if (!target || !emoji) return;
  const { conversationId, id, reactions } = target.message;
  const own = reactions.some((each) => each.emoji === emoji && each.userIds.includes(actor.userId));
  const input = { conversationId, id, emoji, on: !own };
  const refusals: ErrorCode[] = [...GONE, 'blocked', 'message_deleted', 'reaction_limit'];
  await actor.change('react', refusals, (socket) => socket.request('reaction.set', input));
}

async function pin(actor: Actor): Promise<void> {
  const target = find(actor, (message, held) => {
    return message.deletedAt === null && (held.kind === 'direct' || held.own?.role !== 'member');
  });
  if (!target) return;
  const { conversationId, id, pinnedAt } = target.message;
  const refusals: ErrorCode[] = [...GONE, 'blocked', 'message_deleted', 'forbidden', 'pin_limit'];
  const input = { conversationId, id, on: pinnedAt === null };
  await actor.change('pin', refusals, (socket) => socket.request('pin.set', input));
}

const read = (event: 'receipt.read' | 'receipt.delivered') => async (actor: Actor) => {
  const held = actor.conversation(({ lastSeq }) => lastSeq > 0);
  if (!held) return;
  const seq = Math.max(1, held.lastSeq - actor.random.between(0, 5));
  const input = { conversationId: held.id, seq };
  const moved = await actor.overSocket(event, ['conversation_not_found'], (socket) =>
    socket.request(event, input),
  );
  if (moved) actor.stage.ledger.moved({ ...moved });
};

function find(
  actor: Actor,
  suits: (message: Message, held: Held) => boolean,
): { held: Held; message: Message } | null {
  const held = actor.conversation();
  const message = held && actor.message(held, (each) => suits(each, held));
  return held && message ? { held, message } : null;
}

/** What people do with messages. */
export const MESSAGE_ACTS: readonly [Act, ...Act[]] = [
  { name: 'send', weight: 42, run: send },
  { name: 'edit', weight: 9, run: edit },
  { name: 'delete', weight: 4, run: remove },
  { name: 'delete for me', weight: 3, run: hide },
  { name: 'react', weight: 13, run: react },
  { name: 'pin', weight: 2, run: pin },
  { name: 'receipt.read', weight: 12, run: read('receipt.read') },
  { name: 'receipt.delivered', weight: 6, run: read('receipt.delivered') },
];
