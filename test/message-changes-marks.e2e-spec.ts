import { randomUUID } from 'node:crypto';
import { LIMITS, type Message } from '@parley/protocol';
import { changed, groupOf, history, named, pathOf, refusal, send } from './support/messages';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';

let server: TestApp;
let ann: Person;
let bob: Person;
let cleo: Person;
let dan: Person;

beforeAll(async () => {
  server = await startApp();
  ({ ann, bob, cleo, dan } = await Person.registerAll(server.url, 'ann', 'bob', 'cleo', 'dan'));
});
afterEach(async () => {
  await Promise.all([ann, bob, cleo, dan].map((person) => person.disconnect()));
});
afterAll(() => server.stop());

const group = (...others: Person[]) => groupOf(ann, ...others);

describe('reactions', () => {
  const put = (by: Person, message: Message, emoji: string) =>
    by.ok('PUT', `${pathOf(message)}/reactions/${encodeURIComponent(emoji)}`);

  it('are summed up on the message, of each kind one per person, and listed in full', async () => {
    const conversationId = await group(bob, cleo);
    const message = await send(ann, conversationId);
    const [anns, bobs] = [await ann.connect(), await bob.connect()];
    const set = (emoji: string, on: boolean) =>
      changed(bobs, 'reaction.set', { ...named(message), emoji, on });
    const first = await set('👍', true);
    expect(first).toMatchObject({ version: message.version + 1, editedAt: null });
    expect(first.reactions).toEqual([{ emoji: '👍', count: 1, userIds: [bob.id] }]);
    expect((await anns.next('message.updated')).message).toEqual(first);
    expect(await set('👍', true)).toEqual(first);
    await put(cleo, message, 'a/b?%');
    const third = (await put(ann, message, '👍')).message as Message;
    expect(third.reactions).toEqual([
      { emoji: '👍', count: 2, userIds: [bob.id, ann.id] },
      { emoji: 'a/b?%', count: 1, userIds: [cleo.id] },
    ]);
    expect(third.version).toBe(message.version + 3);
    const page = await cleo.ok('GET', `${pathOf(message)}/reactions?limit=2`);
    const rest = await cleo.ok('GET', `${pathOf(message)}/reactions?limit=2&cursor=${page.cursor}`);
    const all = [...page.items, ...rest.items] as { userId: string; emoji: string }[];
    expect(all.map(({ userId, emoji }) => emoji + userId).sort()).toEqual(
      [`👍${bob.id}`, `👍${ann.id}`, `a/b?%${cleo.id}`].sort(),
    );
    const thumbs = await cleo.ok('GET', `${pathOf(message)}/reactions?emoji=${encodeURIComponent('👍')}`);
    expect(thumbs).toMatchObject({ items: [{ userId: bob.id }, { userId: ann.id }], cursor: null });
    expect(await cleo.error('GET', `${pathOf(message)}/reactions?cursor=WzFd`)).toMatchObject({
      code: 'cursor_invalid',
    });

    const fourth = await set('👍', false);
    expect(fourth.reactions[0]).toEqual({ emoji: '👍', count: 1, userIds: [ann.id] });
    expect(await set('👍', false)).toEqual(fourth);
    await cleo.ok('DELETE', `${pathOf(message)}/reactions/${encodeURIComponent('a/b?%')}`);
    const last = await ann.ok('DELETE', `${pathOf(message)}/reactions/${encodeURIComponent('👍')}`);
    expect(last.message.reactions).toEqual([]);
  });

  it('count every one of those who react at once, and name the first ten', async () => {
    const people = await Promise.all(
      Array.from({ length: 12 }, (_, i) => Person.register(server.url, `p${i}`)),
    );
    const message = await send(ann, await group(bob, ...people));
    const watcher = await bob.connect();
    await Promise.all(people.map((person) => put(person, message, '🎉')));
    const pushed = [];
    for (let i = 0; i < 12; i++) pushed.push((await watcher.next('message.updated')).message);
    expect(pushed.map(({ version }) => version - message.version)).toEqual(people.map((_, i) => i + 1));
    expect(pushed.map(({ reactions }) => reactions[0]!.count)).toEqual(people.map((_, i) => i + 1));
    const { userIds } = pushed.at(-1)!.reactions[0]!;
    expect(userIds).toHaveLength(LIMITS.reactionUsers);
    // The eleventh moves up.
    const leaver = people.find((person) => person.id === userIds[0])!;
    const { message: after } = await leaver.ok(
      'DELETE',
      `${pathOf(message)}/reactions/${encodeURIComponent('🎉')}`,
    );
    const { items } = await bob.ok('GET', `${pathOf(message)}/reactions`);
    const order = (items as { userId: string }[]).map(({ userId }) => userId);
    const told = { emoji: '🎉', count: 11, userIds: order.slice(0, 10) };
    expect(after.reactions).toEqual([{ ...told, mine: false }]);
  });

  it('say whether they are mine, to me alone, where more have reacted than are named', async () => {
    const people = await Promise.all(
      Array.from({ length: 10 }, (_, i) => Person.register(server.url, `p${i}`)),
    );
    const conversationId = await group(bob, cleo, ...people);
    const message = await send(ann, conversationId);
    for (const person of people) await put(person, message, '👍');
    const [phone, laptop, anns] = [await bob.connect(), await bob.connect(), await ann.connect()];
    const mineOf = ({ reactions }: Message) => reactions.map(({ mine }) => mine);
    const read = async (by: Person) => {
      const messages = await history(by, conversationId);
      return mineOf(messages.find(({ id }) => id === message.id)!);
    };
    expect(await read(bob)).toEqual([undefined]);
    for (const on of [true, false, true]) {
      const own = await changed(phone, 'reaction.set', { ...named(message), emoji: '👍', on });
      // With ten of ten everybody is named.
      const mine = on ? true : undefined;
      expect(mineOf(own)).toEqual([mine]);
      expect((await laptop.next('message.updated')).message).toEqual(own);
      expect(mineOf((await anns.next('message.updated')).message)).toEqual([undefined]);
      expect(await read(bob)).toEqual([mine]);
      expect(await read(ann)).toEqual([on ? false : undefined]);
      expect(await read(people[0]!)).toEqual([undefined]);
    }
    await put(cleo, message, '👍');
    expect(mineOf((await laptop.next('message.updated')).message)).toEqual([undefined]);
    const changes = await bob.ok(
      'GET',
      `/conversations/${conversationId}/changes?afterVersion=${message.version}&afterSeq=${message.seq}`,
    );
    expect(mineOf(changes.messages[0])).toEqual([true]);
    expect(await refusal(phone, 'pin.set', { ...named(message), on: true })).toBe('forbidden');
    const pinned = await changed(anns, 'pin.set', { ...named(message), on: true });
    expect(mineOf(pinned)).toEqual([false]);
    expect(mineOf((await phone.next('message.updated')).message)).toEqual([undefined]);
  });

  it('are refused where they are no emoji, too many, or across a block', async () => {
    const message = await send(ann, await group(bob));
    const bobs = await bob.connect();
    for (const emoji of ['', '  ', 'a\nb', '\u0000', 'x'.repeat(65), '\ud800', 7, null]) {
      expect(await refusal(bobs, 'reaction.set', { ...named(message), emoji, on: true })).toBe(
        'payload_invalid',
      );
    }
    expect(await refusal(bobs, 'reaction.set', { ...named(message), emoji: 'x' })).toBe('payload_invalid');
    expect(await bob.error('PUT', `${pathOf(message)}/reactions/%20`)).toMatchObject({
      code: 'payload_invalid',
    });
    for (let i = 0; i < LIMITS.reactionKinds; i++) await put(ann, message, `k${i}`);
    expect(await refusal(bobs, 'reaction.set', { ...named(message), emoji: 'more', on: true })).toBe(
      'reaction_limit',
    );
    expect((await put(bob, message, 'k3')).message.reactions[3].count).toBe(2);
    expect(await refusal(bobs, 'reaction.set', { ...named(message), emoji: 'never', on: false })).toBe(
      'nothing was refused',
    );

    const { eve, fay } = await Person.registerAll(server.url, 'eve', 'fay');
    const { message: direct } = await eve.ok('POST', '/messages', {
      id: randomUUID(),
      text: 'x',
      to: fay.id,
    });
    await fay.ok('PUT', `/contacts/${eve.id}`, { action: 'block' });
    expect(await eve.error('PUT', `${pathOf(direct)}/reactions/x`)).toMatchObject({ code: 'blocked' });
    expect(await eve.error('PATCH', pathOf(direct), { text: 'y' })).toMatchObject({ code: 'blocked' });
    expect(await fay.error('PUT', `${pathOf(direct)}/pin`)).toMatchObject({ code: 'blocked' });
    // What was written may be taken back.
    expect((await eve.ok('DELETE', pathOf(direct))).message.text).toBeNull();
  });
});

describe('pins', () => {
  it('are set by those who keep order in a group, by both in a direct conversation', async () => {
    const conversationId = await group(bob);
    const [first, second] = [await send(bob, conversationId), await send(bob, conversationId)];
    expect(await bob.error('PUT', `${pathOf(first)}/pin`)).toMatchObject({ status: 403, code: 'forbidden' });
    const [anns, bobs] = [await ann.connect(), await bob.connect()];
    const pinned = await changed(anns, 'pin.set', { ...named(first), on: true });
    expect(pinned).toMatchObject({ pinnedBy: ann.id, version: second.version + 1 });
    expect((await bobs.next('message.updated')).message).toEqual(pinned);
    expect(await ann.ok('PUT', `${pathOf(first)}/pin`)).toEqual({ message: pinned });
    const later = await ann.ok('PUT', `${pathOf(second)}/pin`);
    expect(await bob.ok('GET', `/conversations/${conversationId}/pins`)).toEqual({
      messages: [later.message, pinned],
    });
    const { message: unpinned } = await ann.ok('DELETE', `${pathOf(first)}/pin`);
    expect(unpinned).toMatchObject({ pinnedAt: null, pinnedBy: null });
    expect(await ann.ok('DELETE', `${pathOf(first)}/pin`)).toEqual({ message: unpinned });
    expect(await dan.error('GET', `/conversations/${conversationId}/pins`)).toMatchObject({
      code: 'conversation_not_found',
    });
    const direct = await ann.ok('POST', '/messages', { id: randomUUID(), text: 'x', to: bob.id });
    expect((await bob.ok('PUT', `${pathOf(direct.message)}/pin`)).message.pinnedBy).toBe(bob.id);
  });

  it('are at most so many', async () => {
    const conversationId = await group(bob);
    const messages = [];
    for (let i = 0; i <= LIMITS.pins; i++) messages.push(await send(ann, conversationId));
    const [last, ...others] = messages.reverse();
    for (const message of others) await ann.ok('PUT', `${pathOf(message)}/pin`);
    expect(await ann.error('PUT', `${pathOf(last!)}/pin`)).toMatchObject({ status: 409, code: 'pin_limit' });
    await ann.ok('DELETE', `${pathOf(others[0]!)}/pin`);
    await ann.ok('PUT', `${pathOf(last!)}/pin`);
  });
});

describe('who joined later', () => {
  it('is told nothing of what was before, and gets replies to it without the quote', async () => {
    const conversationId = await group(bob);
    const old = await send(ann, conversationId, { text: 'before cleo' });
    await ann.ok('PUT', `${pathOf(old)}/pin`);
    await ann.ok('POST', `/conversations/${conversationId}/members`, { userIds: [cleo.id] });
    const [bobs, cleos] = [await bob.connect(), await cleo.connect()];
    const reply = await send(ann, conversationId, { text: 'reply', replyTo: old.id });
    expect(reply.quote).toMatchObject({ id: old.id, seq: old.seq, text: 'before cleo', deleted: false });
    expect((await bobs.next('message.created')).message).toEqual(reply);
    expect((await cleos.next('message.created')).message).toEqual({ ...reply, quote: null });
    expect((await history(cleo, conversationId)).at(-1)).toEqual({ ...reply, quote: null });

    const reacted = await changed(cleos, 'reaction.set', { ...named(reply), emoji: 'x', on: true });
    expect(reacted).toMatchObject({ replyTo: old.id, quote: null });
    expect((await bobs.next('message.updated')).message).toEqual({
      ...reacted,
      quote: { ...reply.quote!, version: old.version + 1 },
    });
    await ann.ok('PATCH', pathOf(old), { text: 'edited' });
    expect((await bobs.next('message.updated')).message.text).toBe('edited');
    await cleos.settle();
    expect(cleos.all('message.updated')).toEqual([]);
    for (const event of ['message.edit', 'message.delete', 'reaction.set', 'pin.set'] as const) {
      const rest = {
        'message.edit': { text: 'x' },
        'message.delete': {},
        'reaction.set': { emoji: 'x', on: true },
      };
      const data = { ...named(old), ...(event === 'pin.set' ? { on: true } : rest[event]) };
      expect(await refusal(cleos, event, data)).toBe('message_not_found');
    }
    expect(await refusal(cleos, 'message.delete', { ...named(old), forMe: true })).toBe('message_not_found');
    expect(await cleo.ok('GET', `/conversations/${conversationId}/pins`)).toEqual({ messages: [] });
    const input = { id: randomUUID(), text: 'x', replyTo: old.id };
    expect(await cleo.error('POST', `/conversations/${conversationId}/messages`, input)).toMatchObject({
      ...{ status: 404, code: 'message_not_found' },
    });
  });
});

describe('replies', () => {
  it('quote their original as it is when they are read', async () => {
    const conversationId = await group(bob);
    const original = await send(ann, conversationId, { text: '👨‍👩‍👧‍👦'.repeat(100) });
    const input = { id: randomUUID(), text: 'reply', replyTo: original.id };
    const reply = await send(bob, conversationId, input);
    expect(reply).toMatchObject({ replyTo: original.id, quote: { version: original.version } });
    expect([...reply.quote!.text!]).toHaveLength(LIMITS.quoteLength);
    expect(original.text!.startsWith(reply.quote!.text!)).toBe(true);
    const read = async () => (await history(bob, conversationId)).at(-1)!.quote;
    expect(await read()).toEqual(reply.quote);
    const { message: edited } = await ann.ok('PATCH', pathOf(original), { text: 'short' });
    expect(await read()).toMatchObject({ text: 'short', version: edited.version });
    await ann.ok('DELETE', pathOf(original));
    expect(await read()).toMatchObject({ text: null, deleted: true });
    // A retry is answered though its original is gone; another reply to it is not taken.
    const path = `/conversations/${conversationId}/messages`;
    expect(await bob.ok('POST', path, input)).toMatchObject({
      duplicate: true,
      message: { quote: { deleted: true } },
    });
    const late = { ...input, id: randomUUID() };
    expect(await bob.error('POST', path, late)).toMatchObject({ code: 'message_not_found' });
    expect(await bob.error('POST', path, { ...input, replyTo: undefined })).toMatchObject({
      code: 'id_conflict',
    });
    const elsewhere = await send(ann, await group(bob));
    expect(await bob.error('POST', path, { ...late, replyTo: elsewhere.id })).toMatchObject({
      code: 'message_not_found',
    });
    expect(await bob.error('POST', '/messages', { ...late, to: ann.id })).toMatchObject({
      code: 'message_not_found',
    });
  });

  it('and edits do not change what a retry of a sending is held against', async () => {
    const conversationId = await group(bob);
    const input = { id: randomUUID(), text: 'first' };
    const message = await send(ann, conversationId, input);
    const { message: edited } = await ann.ok('PATCH', pathOf(message), { text: 'second' });
    const path = `/conversations/${conversationId}/messages`;
    expect(await ann.ok('POST', path, input)).toEqual({ message: edited, duplicate: true });
    expect(await ann.error('POST', path, { ...input, text: 'second' })).toMatchObject({
      code: 'id_conflict',
    });
  });
});
