import { randomUUID } from 'node:crypto';
import type { Message } from '@parley/protocol';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';

let server: TestApp;
let ann: Person;
let bob: Person;
let cleo: Person;
let conversationId: string;
let messages: Message[];

beforeAll(async () => {
  server = await startApp();
  ({ ann, bob, cleo } = await Person.registerAll(server.url, 'ann', 'bob', 'cleo'));
});
beforeEach(async () => {
  const made = await ann.ok('POST', '/conversations', { kind: 'group', title: 'Plans', memberIds: [bob.id] });
  conversationId = made.conversation.id;
  messages = [];
  for (let i = 0; i < 4; i++) {
    const path = `/conversations/${conversationId}/messages`;
    messages.push((await ann.ok('POST', path, { id: randomUUID(), text: `${i}` })).message);
  }
});
afterEach(async () => {
  await Promise.all([ann, bob, cleo].map((person) => person.disconnect()));
});
afterAll(() => server.stop());

const unreadOf = async (person: Person) =>
  (await person.ok('GET', `/conversations/${conversationId}`)).unread as number;

it('moves cursors forward, tells the others and the own devices, and counts what is left', async () => {
  const [anns, phone, laptop] = await Promise.all([ann, bob, bob].map((person) => person.connect()));
  expect(await unreadOf(bob)).toBe(5);
  const reply = await phone!.request('receipt.read', { conversationId, seq: 3 });
  const receipt = { conversationId, userId: bob.id, deliveredSeq: 3, readSeq: 3 };
  const unread = { unread: 2, unreadMentions: 0, lastSeq: 5 };
  expect(reply).toEqual({ ...receipt, ...unread });
  expect(await anns!.next('receipt.updated')).toEqual(receipt);
  expect(await laptop!.next('receipt.updated')).toEqual(receipt);
  expect(await laptop!.next('unread.updated')).toEqual({ conversationId, ...unread, readSeq: 3 });
  expect(await unreadOf(bob)).toBe(2);
  await phone!.settle();
  expect(phone!.all('receipt.updated')).toEqual([]);
});

it('never moves them back, and not beyond the newest message', async () => {
  const [anns, bobs] = [await ann.connect(), await bob.connect()];
  await bobs.request('receipt.read', { conversationId, seq: 4 });
  await anns.next('receipt.updated');
  expect(await bobs.request('receipt.read', { conversationId, seq: 2 })).toMatchObject({ readSeq: 4 });
  expect(await bobs.request('receipt.delivered', { conversationId, seq: 1 })).toMatchObject({
    deliveredSeq: 4,
  });
  await anns.settle();
  expect(anns.all('receipt.updated')).toEqual([]);
  expect(await bobs.request('receipt.read', { conversationId, seq: 1_000_000 })).toMatchObject({
    readSeq: 5,
    unread: 0,
  });
});

it('keeps delivered and read apart, and takes the message by its id', async () => {
  const bobs = await bob.connect();
  const delivered = await bobs.request('receipt.delivered', { conversationId, messageId: messages[2]!.id });
  expect(delivered).toMatchObject({ deliveredSeq: 4, readSeq: 0 });
  expect(await bobs.request('receipt.read', { conversationId, messageId: messages[1]!.id })).toMatchObject({
    ...{ deliveredSeq: 4, readSeq: 3 },
  });
});

it('does the same over REST', async () => {
  const anns = await ann.connect();
  const path = `/conversations/${conversationId}/receipts`;
  expect(await bob.ok('POST', `${path}/delivered`, { seq: 5 })).toMatchObject({
    deliveredSeq: 5,
    readSeq: 0,
  });
  expect(await bob.ok('POST', `${path}/read`, { messageId: messages[0]!.id })).toMatchObject({
    readSeq: 2,
    unread: 3,
  });
  expect(await anns.next('receipt.updated')).toMatchObject({ deliveredSeq: 5, readSeq: 0 });
  expect(await anns.next('receipt.updated')).toMatchObject({ deliveredSeq: 5, readSeq: 2 });
  const { items } = await ann.ok('GET', path);
  expect(items).toContainEqual({ conversationId, userId: bob.id, deliveredSeq: 5, readSeq: 2 });
  expect(items).toContainEqual({ conversationId, userId: ann.id, deliveredSeq: 0, readSeq: 0 });
});

it('says who has got and who has read a message', async () => {
  await bob.ok('POST', `/conversations/${conversationId}/receipts/read`, { seq: 3 });
  await bob.ok('POST', `/conversations/${conversationId}/receipts/delivered`, { seq: 4 });
  const readers = (message: Message) =>
    ann.ok('GET', `/conversations/${conversationId}/messages/${message.id}/readers`);
  expect(await readers(messages[1]!)).toEqual({ seq: 3, readBy: [bob.id], deliveredTo: [bob.id] });
  expect(await readers(messages[2]!)).toEqual({ seq: 4, readBy: [], deliveredTo: [bob.id] });
  expect(await readers(messages[3]!)).toEqual({ seq: 5, readBy: [], deliveredTo: [] });
});

it('refuses strangers, messages from before joining, and receipts that name none or two', async () => {
  const cleos = await cleo.connect();
  const unknown = { code: 'conversation_not_found' };
  await expect(cleos.request('receipt.read', { conversationId, seq: 1 })).rejects.toMatchObject(unknown);
  expect(await cleo.error('GET', `/conversations/${conversationId}/receipts`)).toMatchObject(unknown);
  await ann.ok('POST', `/conversations/${conversationId}/members`, { userIds: [cleo.id] });
  const early = { conversationId, messageId: messages[0]!.id };
  await expect(cleos.request('receipt.read', early)).rejects.toMatchObject({ code: 'message_not_found' });
  const path = `/conversations/${conversationId}/messages/${messages[0]!.id}/readers`;
  expect(await cleo.error('GET', path)).toMatchObject({ code: 'message_not_found' });
  for (const target of [
    {},
    { seq: 1, messageId: messages[0]!.id },
    { seq: 0 },
    { seq: '1' },
    { seq: 1.5 },
    { messageId: 7 },
  ]) {
    await expect(cleos.request('receipt.read', { conversationId, ...target })).rejects.toMatchObject({
      code: 'payload_invalid',
    });
  }
  // Reading at the start counts from joining on: only the entry that tells of it.
  expect(await unreadOf(cleo)).toBe(1);
});
