import { randomUUID } from 'node:crypto';
import type { Message, MessageSent } from '@parley/protocol';
import { changed, groupOf, history, named, pathOf, refusal, send } from './support/messages';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';

let server: TestApp;
let ann: Person;
let bob: Person;
let cleo: Person;
let dan: Person;

beforeAll(async () => {
  server = await startApp({ EDIT_HISTORY: '1' });
  ({ ann, bob, cleo, dan } = await Person.registerAll(server.url, 'ann', 'bob', 'cleo', 'dan'));
});
afterEach(async () => {
  await Promise.all([ann, bob, cleo, dan].map((person) => person.disconnect()));
});
afterAll(() => server.stop());

const group = (...others: Person[]) => groupOf(ann, ...others);

describe('editing', () => {
  it('answers the sender and pushes the whole message to every other device, over both doors', async () => {
    const conversationId = await group(bob);
    const message = await send(ann, conversationId, { metadata: { a: 1 }, mentions: [bob.id] });
    const [phone, laptop, bobs] = [await ann.connect(), await ann.connect(), await bob.connect()];
    const edited = await changed(phone, 'message.edit', { ...named(message), text: 'bye' });
    const { seq, version } = message;
    expect(edited).toEqual({ ...message, text: 'bye', version: version + 1, editedAt: edited.editedAt });
    expect(edited.editedAt).not.toBeNull();
    for (const socket of [laptop, bobs]) {
      expect((await socket.next('message.updated')).message).toEqual(edited);
    }
    const { message: again } = await ann.ok('PATCH', pathOf(message), { text: 'good-bye', mentions: [] });
    expect(again).toMatchObject({ seq, text: 'good-bye', version: version + 2, mentions: [] });
    for (const socket of [phone, laptop, bobs]) {
      expect((await socket.next('message.updated')).message).toEqual(again);
    }
    expect(phone.all('message.updated')).toEqual([]);
    expect((await history(bob, conversationId)).at(-1)).toEqual(again);
    expect(await bob.ok('GET', `/conversations/${conversationId}`)).toMatchObject({
      lastSeq: seq,
      version: version + 2,
    });
  });

  it('changes nothing the second time, and only what has the version that was meant', async () => {
    const conversationId = await group(bob);
    const message = await send(ann, conversationId);
    const edit = { text: 'bye', ifVersion: message.version };
    const first = await ann.ok('PATCH', pathOf(message), edit);
    const bobs = await bob.connect();
    expect(await ann.ok('PATCH', pathOf(message), edit)).toEqual(first);
    await bobs.settle();
    expect(bobs.all('message.updated')).toEqual([]);
    expect(await ann.error('PATCH', pathOf(message), { ...edit, text: 'other' })).toMatchObject({
      ...{ status: 409, code: 'version_conflict', details: { version: message.version + 1 } },
    });
    const both = await Promise.all(
      ['one', 'two'].map((text) =>
        ann.call('PATCH', pathOf(message), { text, ifVersion: message.version + 1 }),
      ),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('is for who sent it, while it is there', async () => {
    const conversationId = await group(bob);
    const message = await send(bob, conversationId);
    const [entry] = await history(ann, conversationId);
    const [anns, bobs] = [await ann.connect(), await bob.connect()];
    expect(await refusal(anns, 'message.edit', { ...named(message), text: 'x' })).toBe('forbidden');
    expect(await ann.error('PATCH', pathOf(entry!), { text: 'x' })).toMatchObject({ code: 'forbidden' });
    for (const [code, data] of [
      ['message_not_found', { id: randomUUID() }],
      ['conversation_not_found', { conversationId: randomUUID() }],
      ['member_not_found', { mentions: [cleo.id] }],
      ['text_invalid', { text: '\u0000' }],
      ['text_too_long', { text: 'x'.repeat(16_385) }],
      ['payload_invalid', { text: '' }],
      ['payload_invalid', { ifVersion: 'x' }],
    ] as const) {
      expect(await refusal(bobs, 'message.edit', { ...named(message), text: 'x', ...data })).toBe(code);
    }
    expect(await dan.error('PATCH', pathOf(message), { text: 'x' })).toMatchObject({
      code: 'conversation_not_found',
    });
    await bob.ok('DELETE', pathOf(message));
    expect(await bob.error('PATCH', pathOf(message), { text: 'x' })).toMatchObject({
      ...{ status: 409, code: 'message_deleted' },
    });
    expect(await ann.error('PATCH', pathOf(message).replace(/[^/]+$/, 'x'), { text: 'x' })).toMatchObject({
      code: 'payload_invalid',
    });
  });

  it('keeps the rows of mentions with it, and what it was where that is set', async () => {
    const conversationId = await group(bob, cleo);
    const message = await send(ann, conversationId, { mentions: [bob.id, cleo.id], mentionAll: true });
    expect(message).toMatchObject({ mentions: [bob.id, cleo.id], mentionsAll: true });
    const rows = async () => {
      const found: { user_id: string }[] = await server.source.query(
        'SELECT user_id FROM mention WHERE conversation_id = $1 AND seq = $2',
        [conversationId, message.seq],
      );
      return found.map((row) => row.user_id).sort();
    };
    expect(await rows()).toEqual([bob.id, cleo.id].sort());
    await cleo.ok('DELETE', `/conversations/${conversationId}/members/${cleo.id}`);
    // Who has gone stays mentioned.
    await ann.ok('PATCH', pathOf(message), { text: 'b', mentions: [ann.id, cleo.id], mentionAll: false });
    expect(await rows()).toEqual([ann.id, cleo.id].sort());
    await ann.ok('PATCH', pathOf(message), { text: 'c' });
    const first = await bob.ok('GET', `${pathOf(message)}/edits?limit=1`);
    expect(first.items).toMatchObject([{ text: 'b', mentions: [ann.id, cleo.id] }]);
    const second = await bob.ok('GET', `${pathOf(message)}/edits?cursor=${first.cursor}`);
    expect(second).toMatchObject({ items: [{ text: 'hello', version: message.version }], cursor: null });
    expect(await bob.error('GET', `${pathOf(message)}/edits?cursor=x`)).toMatchObject({
      code: 'cursor_invalid',
    });
    await ann.ok('DELETE', pathOf(message));
    expect(await rows()).toEqual([]);
    expect(await bob.ok('GET', `${pathOf(message)}/edits`)).toEqual({ items: [], cursor: null });
  });

  it('may be limited in time, and keep nothing', async () => {
    const other = await startApp({ EDIT_WINDOW_SECONDS: '100' });
    try {
      const { eve, fay } = await Person.registerAll(other.url, 'eve', 'fay');
      const body = { id: randomUUID(), text: 'hello', to: fay.id };
      const { message } = (await eve.ok('POST', '/messages', body)) as MessageSent;
      const edited = await eve.ok('PATCH', pathOf(message), { text: 'bye' });
      expect(await eve.ok('GET', `${pathOf(message)}/edits`)).toEqual({ items: [], cursor: null });
      await other.source.query(`UPDATE message SET created_at = now() - interval '101 seconds'`);
      expect(await eve.error('PATCH', pathOf(message), { text: 'x' })).toMatchObject({ code: 'forbidden' });
      expect((await eve.ok('PATCH', pathOf(message), { text: 'bye' })).message.version).toBe(
        edited.message.version,
      );
    } finally {
      await other.stop();
    }
  });
});

describe('deleting', () => {
  it('for everyone leaves the place of the message and nothing of what it held', async () => {
    const conversationId = await group(bob);
    const input = {
      id: randomUUID(),
      text: 'secret',
      metadata: { a: 1 },
      mentions: [bob.id],
      mentionAll: true,
    };
    const message = await send(bob, conversationId, input);
    await ann.ok('PUT', `${pathOf(message)}/reactions/${encodeURIComponent('👍')}`);
    await ann.ok('PUT', `${pathOf(message)}/pin`);
    await bob.ok('PATCH', pathOf(message), { text: 'more secret' });
    const [anns, bobs] = [await ann.connect(), await bob.connect()];
    const gone = await changed(bobs, 'message.delete', named(message));
    const nothing = { text: null, metadata: null, mentions: [], mentionsAll: false, reactions: [] };
    expect(gone).toMatchObject({ ...nothing, editedAt: null, pinnedAt: null, pinnedBy: null });
    expect(gone).toMatchObject({ seq: message.seq, version: message.version + 4 });
    expect(gone.deletedAt).not.toBeNull();
    expect((await anns.next('message.updated')).message).toEqual(gone);
    expect((await history(ann, conversationId)).at(-1)).toEqual(gone);
    // Once more changes nothing, and a retry of the sending is answered with what is left.
    expect(await bob.ok('DELETE', pathOf(message))).toEqual({ message: gone });
    expect(await bob.ok('POST', `/conversations/${conversationId}/messages`, input)).toEqual({
      ...{ message: gone, duplicate: true },
    });
    const left = await server.source.query(
      `SELECT (SELECT count(*) FROM reaction WHERE message_id = $1)
        + (SELECT count(*) FROM message_edit WHERE message_id = $1) AS n`,
      [message.id],
    );
    expect(left).toEqual([{ n: '0' }]);
    for (const [event, data] of [
      ['reaction.set', { emoji: 'x', on: true }],
      ['pin.set', { on: true }],
    ] as const) {
      expect(await refusal(anns, event, { ...named(message), ...data })).toBe('message_deleted');
    }
  });

  it('for everyone is for who sent it, and for who keeps order in a group', async () => {
    const conversationId = await group(bob, cleo);
    const message = await send(bob, conversationId);
    expect(await cleo.error('DELETE', pathOf(message))).toMatchObject({ status: 403, code: 'forbidden' });
    const [entry] = await history(ann, conversationId);
    expect(await ann.error('DELETE', pathOf(entry!))).toMatchObject({ code: 'forbidden' });
    const owners = await ann.ok('DELETE', pathOf(message));
    expect(owners.message.deletedAt).not.toBeNull();
    const mine = await send(ann, conversationId);
    await ann.ok('PATCH', `/conversations/${conversationId}/members/${cleo.id}`, { role: 'admin' });
    expect((await cleo.ok('DELETE', pathOf(mine))).message.text).toBeNull();

    const direct = await ann.ok('POST', '/messages', { id: randomUUID(), text: 'x', to: dan.id });
    expect(await dan.error('DELETE', pathOf(direct.message))).toMatchObject({ code: 'forbidden' });
    expect(await dan.error('DELETE', pathOf(mine))).toMatchObject({ code: 'conversation_not_found' });
    expect(await ann.error('DELETE', pathOf(mine).replace(/[^/]+$/, randomUUID()))).toMatchObject({
      code: 'message_not_found',
    });
  });

  it('for me is told to my devices only, and takes it out of what I see', async () => {
    const conversationId = await group(bob);
    const [before, message] = [await send(ann, conversationId), await send(ann, conversationId)];
    const [phone, laptop, anns] = [await bob.connect(), await bob.connect(), await ann.connect()];
    const hidden = await changed(phone, 'message.delete', { ...named(message), forMe: true });
    expect(hidden).toEqual(message);
    expect(await laptop.next('message.hidden')).toEqual({ ...named(message), seq: message.seq });
    // Once more changes nothing, and is told once more: the first time may have been told to nobody.
    expect(await bob.ok('DELETE', `${pathOf(message)}?forMe=true`)).toEqual({ message });
    for (const socket of [phone, laptop]) expect((await socket.next('message.hidden')).id).toBe(message.id);
    // Nor am I told of what becomes of it.
    const { message: edited } = await ann.ok('PATCH', pathOf(message), { text: 'bye' });
    for (const socket of [phone, laptop, anns]) await socket.settle();
    expect([phone, laptop].flatMap((socket) => socket.all('message.updated'))).toEqual([]);
    expect([phone, laptop, anns].flatMap((socket) => socket.all('message.hidden'))).toEqual([]);
    expect((await history(bob, conversationId)).at(-1)).toEqual(before);
    expect((await history(ann, conversationId)).at(-1)).toEqual(edited);
    const listed = async (by: Person) => (await by.ok('GET', `/conversations/${conversationId}`)).lastMessage;
    expect(await listed(bob)).toEqual(before);
    expect(await listed(ann)).toEqual(edited);
    for (const [event, data] of [
      ['message.delete', {}],
      ['reaction.set', { emoji: 'x', on: true }],
      ['message.send', { id: randomUUID(), text: 'x', replyTo: message.id }],
    ] as const) {
      expect(await refusal(phone, event, { ...named(message), ...data })).toBe('message_not_found');
    }
    expect(await bob.error('GET', `${pathOf(message)}/reactions`)).toMatchObject({
      code: 'message_not_found',
    });
    expect(await bob.error('DELETE', `${pathOf(message)}?forMe=maybe`)).toMatchObject({
      code: 'payload_invalid',
    });
    expect(await dan.error('DELETE', `${pathOf(message)}?forMe=true`)).toMatchObject({
      code: 'conversation_not_found',
    });
  });
});

describe('order', () => {
  it('is that of versions for messages, changes and replies alike', async () => {
    const conversationId = await group(bob);
    const message = await send(ann, conversationId);
    const [anns, bobs] = [await ann.connect(), await bob.connect()];
    const seen: number[] = [];
    anns.raw.on('message', (data: Buffer) => {
      const { data: payload } = JSON.parse(data.toString()) as { data?: { message?: Message } };
      if (payload?.message) seen.push(payload.message.version);
    });
    await Promise.all(
      Array.from({ length: 15 }, (_, i) => [
        anns.request('message.edit', { ...named(message), text: `text ${i}` }),
        bobs.request('reaction.set', { ...named(message), emoji: 'x', on: i % 2 === 0 }),
        bobs.request('message.send', { id: randomUUID(), conversationId, text: `${i}` }),
        ann.ok('POST', `/conversations/${conversationId}/messages`, { id: randomUUID(), text: `${i}` }),
      ]).flat(),
    );
    await anns.settle();
    expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => message.version + 1 + i));
  });
});
