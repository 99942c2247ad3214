import { randomUUID } from 'node:crypto';
import type { Conversation, Message, MessageSent } from '@parley/protocol';
import { DirectConversationsService } from '../src/conversations/direct-conversations.service';
import { SocketHost } from '../src/connections/socket-host';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';

let server: TestApp;
let ann: Person;
let bob: Person;
let cleo: Person;

beforeAll(async () => {
  server = await startApp();
  ({ ann, bob, cleo } = await Person.registerAll(server.url, 'ann', 'bob', 'cleo'));
});
afterEach(async () => {
  await Promise.all([ann, bob, cleo].map((person) => person.disconnect()));
});
afterAll(() => server.stop());

async function group(...others: Person[]): Promise<Conversation> {
  const memberIds = others.map((person) => person.id);
  const { conversation } = await ann.ok('POST', '/conversations', {
    kind: 'group',
    title: 'Plans',
    memberIds,
  });
  return conversation as Conversation;
}

function textOf(text: string): { id: string; text: string } {
  return { id: randomUUID(), text };
}

describe('sending', () => {
  it('answers the sender after the commit and pushes to every other connection of every member', async () => {
    const { id: conversationId } = await group(bob);
    const [phone, laptop, bobs, cleos] = await Promise.all(
      [ann, ann, bob, cleo].map((person) => person.connect()),
    );
    const sent = (await phone!.request('message.send', {
      ...textOf('hello'),
      conversationId,
    })) as MessageSent;

    expect(sent).toMatchObject({
      duplicate: false,
      message: { seq: 2, text: 'hello', senderId: ann.id, kind: 'text' },
    });
    const [row] = await server.source.query('SELECT text FROM message WHERE id = $1', [sent.message.id]);
    expect(row).toEqual({ text: 'hello' });
    expect((await laptop!.next('message.created')).message).toEqual(sent.message);
    expect((await bobs!.next('message.created')).message).toEqual(sent.message);
    await Promise.all([phone!.settle(), cleos!.settle()]);
    expect(phone!.all('message.created')).toEqual([]);
    expect(cleos!.all('message.created')).toEqual([]);
  });

  it('does the same over REST, and to a user whose conversation is made on the way', async () => {
    const { id: conversationId } = await group(bob);
    const bobs = await bob.connect();
    const input = textOf('over REST');
    const first = await ann.ok('POST', `/conversations/${conversationId}/messages`, input);
    expect(first).toMatchObject({ duplicate: false, message: { id: input.id, seq: 2 } });
    expect((await bobs.next('message.created')).message.text).toBe('over REST');

    const direct = await cleo.ok('POST', '/messages', { ...textOf('hi bob'), to: bob.id });
    const created = await bobs.next('conversation.created');
    expect(created.conversation).toMatchObject({ kind: 'direct', id: direct.message.conversationId });
    expect((await bobs.next('message.created')).message.seq).toBe(1);
    const reply = await bob.ok('POST', '/messages', { ...textOf('hi cleo'), to: cleo.id });
    expect(reply.message).toMatchObject({ conversationId: direct.message.conversationId, seq: 2 });
  });

  it('numbers messages without gaps and shows them to everybody in that order, whoever writes at once', async () => {
    const { id: conversationId } = await group(bob, cleo);
    const watcher = await cleo.connect();
    const sockets = [await ann.connect(), await bob.connect()];
    const sends = [];
    for (let i = 0; i < 60; i++) {
      const input = textOf(`m${i}`);
      // Three paths of different length to the same timeline.
      if (i % 3 === 2) sends.push(ann.ok('POST', `/conversations/${conversationId}/messages`, input));
      else sends.push(sockets[i % 3]!.request('message.send', { ...input, conversationId }));
    }
    const answers = (await Promise.all(sends)) as MessageSent[];
    const seqs = answers.map((answer) => answer.message.seq).sort((a, b) => a - b);
    expect(seqs).toEqual(Array.from({ length: 60 }, (_, i) => i + 2));
    await watcher.settle();
    expect(watcher.all('message.created').map(({ message }) => message.seq)).toEqual(seqs);
  });

  it('places the reply to a send among the pushes of its conversation', async () => {
    const { id: conversationId } = await group(bob);
    const [anns, bobs] = [await ann.connect(), await bob.connect()];
    const seen: number[] = [];
    anns.raw.on('message', (data: Buffer) => {
      const { data: payload } = JSON.parse(data.toString()) as { data?: { message?: Message } };
      if (payload?.message?.conversationId === conversationId) seen.push(payload.message.seq);
    });
    const both = Array.from({ length: 20 }, (_, i) =>
      [anns, bobs].map((socket) => {
        return socket.request('message.send', { ...textOf(`${i}`), conversationId });
      }),
    ).flat();
    await Promise.all(both);
    await anns.settle();
    expect(seen).toHaveLength(40);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('stores an id once, whichever door the retry comes through', async () => {
    const { id: conversationId } = await group(bob);
    const [anns, bobs] = [await ann.connect(), await bob.connect()];
    const input = textOf('once');
    const path = `/conversations/${conversationId}/messages`;
    const answers = (await Promise.all([
      ...[1, 2, 3].map(() => anns.request('message.send', { ...input, conversationId })),
      ...[1, 2, 3].map(() => ann.ok('POST', path, input)),
    ])) as MessageSent[];
    expect(answers.filter((answer) => !answer.duplicate)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.message.seq)).size).toBe(1);
    expect(await ann.ok('POST', path, input)).toEqual({ message: answers[0]!.message, duplicate: true });
    await bobs.settle();
    expect(bobs.all('message.created')).toHaveLength(1);

    expect(await ann.error('POST', path, { ...input, text: 'twice' })).toMatchObject({
      status: 409,
      code: 'id_conflict',
    });
    expect(await bob.error('POST', path, input)).toMatchObject({ status: 409, code: 'id_conflict' });
  });

  it.each([
    ['emoji and a family of them', '👋🏽 👨‍👩‍👧‍👦 🏳️‍🌈'],
    ['right to left and combining marks', 'שלום עולם — مرحبا — Z̷̳a̶̙l̴͖g̸o'],
    ['white space and line ends', '  \t\r\n two \u2028 three \u00a0 '],
    ['controls but for U+0000', '\u0001\u001b[31m\u007f\ufeff'],
    ['Chinese', '你好，我想找家人均消费在100-150元的餐馆'],
    ['unnormalised forms', 'e\u0301 is not \u00e9'],
  ])('keeps %s as sent', async (_, text) => {
    const { id: conversationId } = await group(bob);
    const bobs = await bob.connect();
    await ann.ok('POST', `/conversations/${conversationId}/messages`, textOf(text));
    expect((await bobs.next('message.created')).message.text).toBe(text);
    const { messages } = await bob.ok('GET', `/conversations/${conversationId}/messages`);
    expect(messages.at(-1).text).toBe(text);
  });

  it('refuses what cannot be stored or is too long, with its code, over both doors', async () => {
    const { id: conversationId } = await group(bob);
    const anns = await ann.connect();
    const cases = [
      ['text_invalid', 'a\u0000b'],
      ['text_invalid', 'lone \ud800 surrogate'],
      ['text_too_long', 'é'.repeat(8_193)],
      ['payload_invalid', ''],
    ];
    for (const [code, text] of cases) {
      const input = textOf(text!);
      await expect(anns.request('message.send', { ...input, conversationId })).rejects.toMatchObject({
        code,
      });
      expect(await ann.error('POST', `/conversations/${conversationId}/messages`, input)).toMatchObject({
        code,
      });
    }
    const longest = textOf('é'.repeat(8_192));
    expect(await anns.request('message.send', { ...longest, conversationId })).toMatchObject({
      duplicate: false,
    });
  });

  it('carries kind, metadata and mentions of members', async () => {
    const { id: conversationId } = await group(bob);
    const path = `/conversations/${conversationId}/messages`;
    const metadata = { latitude: 52.5, place: { name: 'Café' }, tags: [1, null, 'x'] };
    const input = { ...textOf('@bob here'), kind: 'shop.location', metadata, mentions: [bob.id, bob.id] };
    const { message } = await ann.ok('POST', path, input);
    expect(message).toMatchObject({ kind: 'shop.location', metadata, mentions: [bob.id] });
    // The order of keys is no part of a JSON object.
    const reordered = Object.fromEntries(Object.entries(metadata).reverse());
    expect(await ann.ok('POST', path, { ...input, metadata: reordered })).toMatchObject({ duplicate: true });
    expect(await ann.error('POST', path, { ...textOf('x'), mentions: [cleo.id] })).toMatchObject({
      code: 'member_not_found',
    });
    expect(await ann.error('POST', path, { ...textOf('x'), kind: 'system' })).toMatchObject({
      code: 'payload_invalid',
    });
    expect(await ann.error('POST', path, { ...textOf('x'), metadata: { a: '\u0000' } })).toMatchObject({
      code: 'payload_invalid',
    });
    expect(await ann.error('POST', path, { ...textOf('x'), metadata: [] })).toMatchObject({
      code: 'payload_invalid',
    });
    expect(await ann.error('POST', path, { ...textOf('x'), colour: 'red' })).toMatchObject({
      code: 'payload_invalid',
    });
    expect(await ann.error('POST', path, { ...textOf('x'), id: 'x' })).toMatchObject({
      code: 'payload_invalid',
    });
  });

  it('answers a retry as at first, though it would be refused now', async () => {
    const { eve, fay } = await Person.registerAll(server.url, 'eve', 'fay');
    const direct = { ...textOf('before the block'), to: fay.id };
    const first = await eve.ok('POST', '/messages', direct);
    await fay.ok('PUT', `/contacts/${eve.id}`, { action: 'block' });
    expect(await eve.ok('POST', '/messages', direct)).toEqual({ ...first, duplicate: true });
    server.app.get(DirectConversationsService)['ids'].clear();
    expect(await eve.ok('POST', '/messages', direct)).toEqual({ ...first, duplicate: true });
    for (const other of [textOf('new'), { ...direct, text: 'other' }]) {
      expect(await eve.error('POST', '/messages', { ...other, to: fay.id })).toMatchObject({
        code: 'blocked',
      });
    }

    const { id: conversationId } = await group(bob);
    const path = `/conversations/${conversationId}/messages`;
    const mentioning = { ...textOf('@bob'), mentions: [bob.id] };
    const { message } = await ann.ok('POST', path, mentioning);
    await bob.ok('DELETE', `/conversations/${conversationId}/members/${bob.id}`);
    expect(await ann.ok('POST', path, mentioning)).toEqual({ message, duplicate: true });
    expect(await ann.error('POST', path, { ...mentioning, id: randomUUID() })).toMatchObject({
      code: 'member_not_found',
    });
  });

  it('keeps metadata as sent, or refuses it', async () => {
    const { id: conversationId } = await group(bob);
    const path = `/conversations/${conversationId}/messages`;
    const metadata = { toString: 1, valueOf: { hasOwnProperty: 2 }, then: 3, length: 4 };
    const { message } = await ann.ok('POST', path, { ...textOf('x'), metadata });
    expect(message.metadata).toEqual(metadata);
    const { messages } = await bob.ok('GET', path);
    expect(messages.at(-1).metadata).toEqual(metadata);

    const anns = await ann.connect();
    const deep = '['.repeat(30_000) + ']'.repeat(30_000);
    const refused = ['{"constructor":1}', '{"a":{"__proto__":{}}}', '{"prototype":1}', '{"a":1e400}', deep];
    for (const json of [...refused, `{"a":${deep}}`]) {
      const body = `{"id":"${randomUUID()}","text":"x","metadata":${json}}`;
      expect(await ann.error('POST', path, body)).toMatchObject({ code: 'payload_invalid', status: 400 });
      const data = body.replace('{', `{"conversationId":"${conversationId}",`);
      anns.raw.send(`{"event":"message.send","data":${data}}`);
      expect((await anns.next('error')).error.code).toBe('payload_invalid');
    }
  });

  it('refuses null for what may be missing but is never null', async () => {
    const { id: conversationId } = await group(bob);
    const path = `/conversations/${conversationId}/messages`;
    expect(await ann.error('POST', path, { ...textOf('x'), kind: null })).toMatchObject({
      code: 'payload_invalid',
    });
    const sent = await ann.ok('POST', path, { ...textOf('x'), metadata: null, mentions: null });
    expect(sent.message).toMatchObject({ metadata: null, mentions: [] });
  });

  it('handles nothing of a session once it is revoked, though its client ignores the close', async () => {
    const dan = await Person.register(server.url, 'dan');
    const { id: conversationId } = await group(dan);
    const socket = await dan.connect();
    socket.raw.pause();
    await dan.ok('POST', '/auth/logout');
    const input = textOf('still here');
    const received = new Promise((resolve) => {
      const connections = server.app.get(SocketHost)['sessions'];
      for (const session of connections) session['socket'].once('message', resolve);
    });
    socket.raw.send(JSON.stringify({ event: 'message.send', data: { ...input, conversationId }, ref: 1 }));
    await received;
    await ann.ok('POST', `/conversations/${conversationId}/messages`, textOf('after'));
    const { messages } = await ann.ok('GET', `/conversations/${conversationId}/messages`);
    expect((messages as Message[]).map((message) => message.text)).toEqual([null, 'after']);
    socket.raw.terminate();
  });

  it('tells strangers that there is no such conversation', async () => {
    const { id: conversationId } = await group(bob);
    const cleos = await cleo.connect();
    const input = textOf('let me in');
    const refused = { code: 'conversation_not_found', retryable: false };
    await expect(cleos.request('message.send', { ...input, conversationId })).rejects.toMatchObject(refused);
    expect(await cleo.error('POST', `/conversations/${conversationId}/messages`, input)).toMatchObject(
      refused,
    );
    expect(await cleo.error('POST', `/conversations/${randomUUID()}/messages`, input)).toMatchObject(refused);
    expect(await cleo.error('GET', `/conversations/${conversationId}/messages`)).toMatchObject(refused);
    expect(await cleo.error('POST', '/messages', { ...input, to: randomUUID() })).toMatchObject({
      code: 'user_not_found',
    });
    expect(await cleo.error('POST', '/messages', { ...input, to: cleo.id })).toMatchObject({
      code: 'payload_invalid',
    });
    for (const target of [{}, { conversationId, to: bob.id }]) {
      await expect(cleos.request('message.send', { ...input, ...target })).rejects.toMatchObject({
        code: 'payload_invalid',
      });
    }
  });
});

describe('history', () => {
  it('is read from either end by seq', async () => {
    const { id: conversationId } = await group(bob);
    const path = `/conversations/${conversationId}/messages`;
    for (let i = 2; i <= 11; i++) await ann.ok('POST', path, textOf(`number ${i}`));
    const page = async (query: string) => {
      const { messages, more } = await bob.ok('GET', `${path}?${query}`);
      return { seqs: (messages as Message[]).map((message) => message.seq), more };
    };
    expect(await page('limit=3')).toEqual({ seqs: [9, 10, 11], more: true });
    expect(await page('before=4&limit=10')).toEqual({ seqs: [1, 2, 3], more: false });
    expect(await page('before=9&limit=2')).toEqual({ seqs: [7, 8], more: true });
    expect(await page('after=0&limit=4')).toEqual({ seqs: [1, 2, 3, 4], more: true });
    expect(await page('after=9')).toEqual({ seqs: [10, 11], more: false });
    expect(await page('after=11')).toEqual({ seqs: [], more: false });
    for (const query of ['limit=0', 'limit=201', 'before=x', 'after=-1', 'before=2&after=1', 'after=1e99']) {
      expect(await bob.error('GET', `${path}?${query}`)).toMatchObject({
        status: 400,
        code: 'payload_invalid',
      });
    }
  });
});

describe('typing', () => {
  it('is told to the other members and to nobody else', async () => {
    const { id: conversationId } = await group(bob);
    const [anns, second, bobs, cleos] = await Promise.all(
      [ann, ann, bob, cleo].map((person) => person.connect()),
    );
    await anns!.request('typing.set', { conversationId, on: true });
    expect(await bobs!.next('typing.changed')).toEqual({ conversationId, userId: ann.id, on: true });
    await second!.settle();
    expect(second!.all('typing.changed')).toEqual([]);
    await expect(cleos!.request('typing.set', { conversationId, on: true })).rejects.toMatchObject({
      code: 'conversation_not_found',
    });
    await expect(anns!.request('typing.set', { conversationId, on: 'yes' })).rejects.toMatchObject({
      code: 'payload_invalid',
    });
  });
});
