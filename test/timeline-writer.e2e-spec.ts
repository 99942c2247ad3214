import { randomUUID } from 'node:crypto';
import type { MessageSent } from '@parley/protocol';
import { Client } from 'pg';
import { requestHash } from '../src/common/request-hash';
import { TimelineFollower } from '../src/chat/timeline-follower';
import type { NewMessage } from '../src/timeline/new-message';
import { TimelineWriter } from '../src/timeline/timeline-writer';
import { Person } from './support/person';
import { Road } from './support/road';
import { startApp, type TestApp } from './support/start-app';

// With its end, or it would be found in READ COMMITTED.
const COMMIT = 'COMMIT\u0000';

let server: TestApp;
let road: Road;
let writer: TimelineWriter;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  server = await startApp({}, {}, async (database) => {
    road = await Road.open(database);
    return { ...database, host: '127.0.0.1', port: road.port };
  });
  writer = server.app.get(TimelineWriter);
  ({ ann, bob } = await Person.registerAll(server.url, 'ann', 'bob'));
});
afterEach(() => Promise.all([ann.disconnect(), bob.disconnect()]));
afterAll(async () => {
  await server.stop();
  road.close();
});

async function group(): Promise<string> {
  const { conversation } = await ann.ok('POST', '/conversations', { kind: 'group', memberIds: [bob.id] });
  return conversation.id as string;
}

function message(conversationId: string, text = 'x'): NewMessage {
  const id = randomUUID();
  const body = { kind: 'text', text, metadata: null, mentions: [], mentionsAll: false, replyTo: null };
  const by = { senderId: ann.id, membersVersion: 1, recheck: () => undefined };
  return { ...body, ...by, id, conversationId, requestHash: requestHash(text) };
}

/** Somebody else at work on a conversation, as another node would be. */
async function lock(conversationId: string): Promise<() => Promise<void>> {
  const client = new Client(server.database);
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT FROM conversation WHERE id = $1 FOR UPDATE', [conversationId]);
  return async () => {
    await client.query('COMMIT');
    await client.end();
  };
}

it('a conversation that somebody has locked holds up nobody else, and keeps its order', async () => {
  const [locked, free] = [await group(), await group()];
  const release = await lock(locked);
  const late = [writer.append(message(locked, '1')), writer.append(message(locked, '2'))];
  const title = ann.ok('PATCH', `/conversations/${locked}`, { title: 'Later' });
  for (let i = 0; i < 20; i++) expect((await writer.append(message(free))).message.seq).toBe(i + 2);
  late.push(writer.append(message(locked, '3')));
  await release();
  expect((await Promise.all(late.slice(0, 2))).map((sent) => sent.message.seq)).toEqual([2, 3]);
  const seqs = [(await late[2]!).message.seq, (await title).lastSeq as number];
  expect(new Set(seqs).size).toBe(2);
  expect(Math.max(...seqs)).toBe(5);
});

it('messages and changes of one conversation take one version each, and are pushed in that order', async () => {
  const conversationId = await group();
  const [anns, bobs] = [await ann.connect(), await bob.connect()];
  const path = `/conversations/${conversationId}`;
  const work = Array.from({ length: 60 }, (_, i) => {
    const input = { id: randomUUID(), text: `${i}` };
    if (i % 10 === 5) return ann.ok('PATCH', path, { title: `title ${i}` });
    if (i % 2) return ann.ok('POST', `${path}/messages`, input);
    return anns.request('message.send', { ...input, conversationId });
  });
  await Promise.all(work);
  await bobs.settle();
  const versions = bobs.all('message.created').map(({ message: { version } }) => version);
  expect(versions).toEqual(Array.from({ length: 60 }, (_, i) => i + 2));
});

it('what cannot be stored fails alone', async () => {
  const conversationId = await group();
  const jobs = Array.from({ length: 20 }, (_, i) => message(conversationId, i === 7 ? 'nul \u0000' : `${i}`));
  const results = await Promise.allSettled(jobs.map((job) => writer.append(job)));
  expect(results.map(({ status }) => status === 'fulfilled')).toEqual(jobs.map((_, i) => i !== 7));
  const seqs = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.message.seq] : []));
  expect(seqs.sort((a, b) => a - b)).toEqual(Array.from({ length: 19 }, (_, i) => i + 2));
});

it('a full queue says overloaded, and works on', async () => {
  const small = await startApp({ WRITE_QUEUE_MESSAGES: '100' });
  const eve = await Person.register(small.url, 'eve');
  const { conversation } = await eve.ok('POST', '/conversations', { kind: 'group', memberIds: [] });
  const own = small.app.get(TimelineWriter);
  const jobs = Array.from({ length: 300 }, () => ({
    ...message(conversation.id as string),
    senderId: eve.id,
  }));
  const results = await Promise.allSettled(jobs.map((job) => own.append(job)));
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused.length).toBeGreaterThan(0);
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'overloaded', retryable: true });
  const { message: last } = await own.append({ ...message(conversation.id as string), senderId: eve.id });
  expect(last.seq).toBe(1 + (300 - refused.length) + 1);
  await small.stop();
});

it('what was stored though the answer was lost reaches the others, before what follows, once', async () => {
  const conversationId = await group();
  const [anns, bobs] = [await ann.connect(), await bob.connect()];
  const input = { id: randomUUID(), text: 'was it stored?', conversationId };
  road.loseAnswerTo(COMMIT);
  await expect(anns.request('message.send', input)).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
  });
  await stored(input.id);
  const next = anns.request('message.send', { id: randomUUID(), text: 'next', conversationId });
  expect((await bobs.next('message.created')).message).toMatchObject({ id: input.id, seq: 2 });
  expect((await bobs.next('message.created')).message).toMatchObject({ text: 'next', seq: 3 });
  expect(((await next) as MessageSent).message.seq).toBe(3);
  expect(await anns.request('message.send', input)).toMatchObject({ duplicate: true, message: { seq: 2 } });
  await bobs.settle();
  expect(bobs.all('message.created')).toEqual([]);
});

it('the truth is told though nothing follows', async () => {
  const conversationId = await group();
  const [anns, bobs] = [await ann.connect(), await bob.connect()];
  const input = { id: randomUUID(), text: 'the last word', conversationId };
  road.loseAnswerTo(COMMIT);
  await expect(anns.request('message.send', input)).rejects.toMatchObject({ code: 'unavailable' });
  expect((await bobs.next('message.created')).message.id).toBe(input.id);
});

it('what arrives after its connection was lost, and after what followed, is told behind that', async () => {
  const conversationId = await group();
  const [anns, bobs] = [await ann.connect(), await bob.connect()];
  const late = { id: randomUUID(), text: 'late', conversationId };
  const arrive = road.delayAndLose(COMMIT);
  await expect(anns.request('message.send', late)).rejects.toMatchObject({ code: 'unavailable' });
  const next = { id: randomUUID(), text: 'next', conversationId };
  expect(await anns.request('message.send', next)).toMatchObject({ message: { seq: 2 } });
  expect((await bobs.next('message.created')).message.id).toBe(next.id);
  // Not before it has been looked for in vain.
  await server.app.get(TimelineFollower).catchUp();
  arrive();
  expect((await bobs.next('message.created')).message).toMatchObject({ id: late.id, seq: 3 });
  expect(await anns.request('message.send', late)).toMatchObject({ duplicate: true, message: { seq: 3 } });
  await bobs.settle();
  expect(bobs.all('message.created')).toEqual([]);
});

it('a whole batch whose answer was lost is told, in every conversation, once', async () => {
  const conversations = await Promise.all(Array.from({ length: 5 }, group));
  const alone = await group();
  const bobs = await bob.connect();
  // The first is on its way alone; what comes meanwhile is one batch.
  const messages = conversations.flatMap((id) => [message(id, '1'), message(id, '2')]);
  const first = writer.append(message(alone, 'first'));
  road.loseAnswerTo(messages[0]!.id);
  const lost = await Promise.allSettled(messages.map((each) => writer.append(each)));
  expect(new Set(lost.map(({ status }) => status))).toEqual(new Set(['rejected']));
  await first;
  const told = new Map<string, number[]>();
  for (const _ of messages) {
    const { conversationId, seq } = (await bobs.next('message.created')).message;
    told.set(conversationId, [...(told.get(conversationId) ?? []), seq]);
  }
  expect(told).toEqual(new Map(conversations.map((id) => [id, [2, 3]])));
  await bobs.settle();
  expect(bobs.all('message.created')).toEqual([]);
});

it('what does not arrive was not stored, and is stored when it is sent again', async () => {
  const conversationId = await group();
  const [anns, bobs] = [await ann.connect(), await bob.connect()];
  const input = { id: randomUUID(), text: 'lost', conversationId };
  road.delayAndLose(COMMIT);
  await expect(anns.request('message.send', input)).rejects.toMatchObject({ code: 'unavailable' });
  expect(await anns.request('message.send', input)).toMatchObject({ duplicate: false, message: { seq: 2 } });
  expect((await bobs.next('message.created')).message).toMatchObject({ id: input.id, seq: 2 });
});

it('a change whose answer was lost is told too, and counts from then on', async () => {
  const conversationId = await group();
  const bobs = await bob.connect();
  const path = `/conversations/${conversationId}`;
  // The node has the members in memory.
  await bob.ok('POST', `${path}/messages`, { id: randomUUID(), text: 'still here' });
  road.loseAnswerTo(COMMIT);
  expect(await ann.error('DELETE', `${path}/members/${bob.id}`)).toMatchObject({ code: 'unavailable' });
  expect(await bobs.next('conversation.removed')).toMatchObject({ conversationId });
  const refused = await bob.error('POST', `${path}/messages`, { id: randomUUID(), text: 'gone' });
  expect(refused.code).toBe('conversation_not_found');
  expect((await ann.ok('GET', path)).memberCount).toBe(1);
});

it('a cursor, and what one deletes for oneself, are told when the request is repeated', async () => {
  const conversationId = await group();
  const [anns, phone, laptop] = [await ann.connect(), await bob.connect(), await bob.connect()];
  const { message: sent } = await ann.ok('POST', `/conversations/${conversationId}/messages`, {
    ...{ id: randomUUID(), text: 'did you see?' },
  });
  const moved = { conversationId, seq: sent.seq };
  road.loseAnswerTo('delivered_seq = greatest');
  await expect(phone.request('receipt.read', moved)).rejects.toMatchObject({ code: 'unavailable' });
  expect(await phone.request('receipt.read', moved)).toMatchObject({ readSeq: sent.seq, unread: 0 });
  expect(await anns.next('receipt.updated')).toMatchObject({ userId: bob.id, readSeq: sent.seq });
  expect(await laptop.next('unread.updated')).toMatchObject({ readSeq: sent.seq, unread: 0 });
  const hidden = { conversationId, id: sent.id, forMe: true };
  road.loseAnswerTo('INSERT INTO hidden_message');
  await expect(phone.request('message.delete', hidden)).rejects.toMatchObject({ code: 'unavailable' });
  await phone.request('message.delete', hidden);
  expect(await laptop.next('message.hidden')).toMatchObject({ id: sent.id });
});

it('a reply quotes its original as it was when the reply was stored', async () => {
  const conversationId = await group();
  const path = `/conversations/${conversationId}/messages`;
  const original = { id: randomUUID(), text: 'soon gone' };
  await ann.ok('POST', path, original);
  const release = await lock(conversationId);
  const deletion = ann.ok('DELETE', `${path}/${original.id}`);
  await somebodyWaits();
  const reply = writer.append({ ...message(conversationId), replyTo: original.id });
  await release();
  await deletion;
  expect((await reply).message.quote).toMatchObject({ id: original.id, text: null, deleted: true });
});

it('what waits while its sender is removed is not stored', async () => {
  const conversationId = await group();
  const path = `/conversations/${conversationId}`;
  const say = (person: Person) => person.call('POST', `${path}/messages`, { id: randomUUID(), text: 'x' });
  await say(bob);
  const release = await lock(conversationId);
  const removal = ann.ok('DELETE', `${path}/members/${bob.id}`);
  await somebodyWaits();
  const [late, other] = [say(bob), say(ann)];
  // Both have been let in when this is answered.
  await Promise.all([bob.ok('GET', '/users/me'), ann.ok('GET', '/users/me')]);
  await release();
  await removal;
  expect(await late).toMatchObject({ status: 404, body: { error: { code: 'conversation_not_found' } } });
  expect(await other).toMatchObject({ status: 201, body: { message: { seq: 4 } } });
});

/** Until a message is there. */
async function stored(id: string): Promise<void> {
  while ((await server.source.query<unknown[]>('SELECT FROM message WHERE id = $1', [id])).length === 0);
}

/** Until a transaction waits for a lock of this test's database. */
async function somebodyWaits(): Promise<void> {
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await server.source.query<unknown[]>(waiting)).length === 0);
}
