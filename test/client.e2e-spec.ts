import {
  ConversationApi,
  type ConversationHandle,
  Invitation,
  keepIn,
  markOf,
  memoryStorage,
  type ParleyClient,
  until,
} from '@parley/client';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import { TestClients, TestNetwork } from './support/test-network';

let server: TestApp;
let ann: Person;
let bob: Person;
let eve: Person;
const clients = new TestClients();

beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.stop());
beforeEach(async () => {
  ({ ann, bob, eve } = await Person.registerAll(server.url, 'ann', 'bob', 'eve'));
});
afterEach(() => clients.stop());

const texts = (handle: ConversationHandle) => handle.messages.getSnapshot().messages.map(({ text }) => text);

/** A group of all three, made by Ann. */
async function group(): Promise<string> {
  const memberIds = [bob.id, eve.id];
  const { conversation } = await ann.ok('POST', '/conversations', { kind: 'group', title: 'Us', memberIds });
  return conversation.id as string;
}

/** The conversation with what is in it, as soon as it holds so many messages. */
async function opened(client: ParleyClient, id: string, count: number): Promise<ConversationHandle> {
  const handle = client.conversation(id);
  handle.open();
  await until(handle.messages, ({ messages, isLoaded }) => isLoaded && messages.length >= count);
  return handle;
}

const synced = (client: ParleyClient) =>
  until(client.connection, ({ status, isCaughtUp }) => status === 'online' && isCaughtUp);

describe('a conversation', () => {
  it('is seen by both as it is written', async () => {
    const [a, b] = [await clients.start(ann, server.url), await clients.start(bob, server.url)];
    const sent = await a.whenSent(a.send(bob.id, 'Hello'));
    expect(sent).toMatchObject({ text: 'Hello', seq: 1, senderId: ann.id });
    const [line] = await until(b.conversations, ([first]) => first?.unread === 1);
    expect(line).toMatchObject({ peer: { id: ann.id }, lastMessage: { text: 'Hello' }, kind: 'direct' });
    const handle = await opened(b, sent.conversationId, 1);
    handle.send({ text: 'Good morning', replyTo: sent.id });
    const own = await opened(a, sent.conversationId, 2);
    expect(own.messages.getSnapshot().messages[1]).toMatchObject({
      ...{ text: 'Good morning', quote: { text: 'Hello' } },
    });
  });

  it('shows edits, reactions, pins and deletions, and marks what was delivered and read', async () => {
    const [a, b] = [await clients.start(ann, server.url), await clients.start(bob, server.url)];
    const { id, conversationId } = await a.whenSent(a.send(bob.id, 'Hallo'));
    const [mine, theirs] = [await opened(a, conversationId, 1), await opened(b, conversationId, 1)];
    const message = () => theirs.messages.getSnapshot().messages[0];
    await until(mine.state, (state) => state?.deliveredToAll === 1);
    expect(markOf(mine.messages.getSnapshot().messages[0]!, mine.state.getSnapshot()!)).toBe('delivered');
    theirs.markRead();
    expect(theirs.state.getSnapshot()?.unread).toBe(0);
    await until(mine.state, (state) => state?.readByAll === 1);
    await mine.edit(id, 'Hello');
    await theirs.react(id, '👍');
    await mine.pin(id);
    await until(theirs.messages, () => message()?.pinnedAt != null);
    expect(message()).toMatchObject({ text: 'Hello', reactions: [{ emoji: '👍', userIds: [bob.id] }] });
    await mine.delete(id);
    await until(theirs.messages, () => message()?.deletedAt != null);
    await theirs.hide(id);
    expect(texts(theirs)).toEqual([]);
    await expect(theirs.edit(id, 'mine?')).rejects.toMatchObject({
      ...{
        code: 'message_not_found',
        message: expect.stringMatching(/^unable to edit the message; there is no/),
      },
    });
  });

  it('tells who writes, who is there, and who is in it', async () => {
    const id = await group();
    const [a, b] = [await clients.start(ann, server.url), await clients.start(bob, server.url)];
    const [mine, theirs] = [await opened(a, id, 1), await opened(b, id, 1)];
    expect(
      mine.members
        .getSnapshot()
        .map(({ role }) => role)
        .sort(),
    ).toEqual(['member', 'member', 'owner']);
    theirs.setTyping(true);
    expect(await until(mine.typing, ({ length }) => length === 1)).toEqual([bob.id]);
    theirs.send('There you are');
    await until(mine.typing, ({ length }) => length === 0);
    const presence = a.presence.of(bob.id);
    presence.subscribe(() => undefined);
    await until(presence, ({ status }) => status === 'online');
    await b.presence.set('busy');
    await until(presence, ({ status }) => status === 'busy');
    await ann.ok('DELETE', `/conversations/${id}/members/${bob.id}`);
    await until(mine.members, ({ length }) => length === 2);
    await until(b.conversations, ({ length }) => length === 0);
    expect(theirs.state.getSnapshot()).toBeNull();
  });

  it('is read backwards, page by page, to its beginning', async () => {
    const id = await group();
    for (let n = 1; n <= 260; n++) {
      await ann.ok('POST', `/conversations/${id}/messages`, { id: crypto.randomUUID(), text: `${n}` });
    }
    const b = await clients.start(bob, server.url);
    const handle = await opened(b, id, 1);
    const { messages, hasOlder } = handle.messages.getSnapshot();
    expect(hasOlder).toBe(true);
    expect(messages.at(-1)?.text).toBe('260');
    const edited = await ann.ok('GET', `/conversations/${id}/messages?before=3&limit=1`);
    const older = handle.loadOlder(200);
    await ann.ok('PATCH', `/conversations/${id}/messages/${edited.messages[0].id}`, { text: 'first' });
    while (await older.then(() => handle.loadOlder(30)))
      expect(handle.messages.getSnapshot().hasOlder).toBe(true);
    await until(handle.messages, ({ messages: [, first] }) => first?.text === 'first');
    const all = handle.messages.getSnapshot().messages;
    expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: 261 }, (_, index) => index + 1));
  });

  it('holds what a fresh client holds, whatever happened while it was away', async () => {
    const id = await group();
    const say = (person: Person, text: string) =>
      person.ok('POST', `/conversations/${id}/messages`, { id: crypto.randomUUID(), text });
    const kept = (await say(ann, 'kept')).message;
    const gone = (await say(ann, 'gone')).message;
    const network = new TestNetwork();
    const b = await clients.start(bob, server.url, network);
    const handle = await opened(b, id, 3);
    network.goDown();
    await until(b.connection, ({ status }) => status === 'waiting');
    await ann.ok('PATCH', `/conversations/${id}/messages/${kept.id}`, { text: 'edited' });
    await ann.ok('DELETE', `/conversations/${id}/messages/${gone.id}`);
    await ann.ok('PUT', `/conversations/${id}/messages/${kept.id}/reactions/${encodeURIComponent('🎉')}`);
    await ann.ok('PATCH', `/conversations/${id}`, { title: 'Without Eve' });
    await ann.ok('DELETE', `/conversations/${id}/members/${eve.id}`);
    await ann.ok('POST', `/conversations/${id}/receipts/read`, { messageId: kept.id });
    await say(ann, 'new');
    network.goUp();
    await synced(b);
    const fresh = await opened(await clients.start(bob, server.url), id, 6);
    expect(handle.messages.getSnapshot().messages).toEqual(fresh.messages.getSnapshot().messages);
    expect(handle.members.getSnapshot()).toEqual(fresh.members.getSnapshot());
    expect(handle.state.getSnapshot()).toEqual({
      ...fresh.state.getSnapshot(),
      deliveredSeq: expect.any(Number),
    });
    expect(handle.state.getSnapshot()).toMatchObject({ title: 'Without Eve', memberCount: 2, unread: 5 });
  });

  it('notices a push that was lost, and reads what it told', async () => {
    const id = await group();
    const network = new TestNetwork();
    const b = await clients.start(bob, server.url, network);
    const handle = await opened(b, id, 1);
    network.swallow(({ event }) => event === 'message.created');
    for (const text of ['lost', 'told']) {
      await ann.ok('POST', `/conversations/${id}/messages`, { id: crypto.randomUUID(), text });
    }
    await until(handle.messages, ({ messages }) => messages.length === 3);
    expect(texts(handle)).toEqual([null, 'lost', 'told']);
    expect(handle.state.getSnapshot()?.unread).toBe(3);
  });
});

describe('a message on its way', () => {
  it('is shown at once, and goes out in order when there is a connection', async () => {
    const id = await group();
    const network = new TestNetwork();
    const a = await clients.start(ann, server.url, network);
    const handle = await opened(a, id, 1);
    network.goDown();
    await until(a.connection, ({ status }) => status === 'waiting');
    const written = Array.from({ length: 20 }, (_, index) => handle.send(`${index}`));
    expect(handle.messages.getSnapshot().pending).toEqual(written);
    expect(a.outbox.getSnapshot()).toHaveLength(20);
    network.goUp();
    await a.whenSent(written.at(-1)!);
    expect(handle.messages.getSnapshot().pending).toEqual([]);
    expect(texts(handle)).toEqual([null, ...written.map(({ text }) => text)]);
  });

  it('survives a reload, with all that was held', async () => {
    const storage = keepIn(memoryStorage());
    const network = new TestNetwork();
    const first = await clients.start(ann, server.url, network, { storage });
    const { conversationId } = await first.whenSent(first.send(bob.id, 'before'));
    await opened(first, conversationId, 1);
    network.goDown();
    await until(first.connection, ({ status }) => status === 'waiting');
    for (const text of ['one', 'two', 'three']) first.conversation(conversationId).send(text);
    await first.stop();

    const second = await clients.start(ann, server.url, network, { storage });
    const handle = second.conversation(conversationId);
    expect(handle.messages.getSnapshot()).toMatchObject({
      ...{ messages: [{ text: 'before' }], pending: [{ text: 'one' }, { text: 'two' }, { text: 'three' }] },
    });
    expect(second.conversations.getSnapshot()).toMatchObject([{ id: conversationId, peer: { id: bob.id } }]);
    network.goUp();
    await until(second.outbox, ({ length }) => length === 0);
    const { messages } = await ann.ok('GET', `/conversations/${conversationId}/messages`);
    expect(messages.map(({ text }: { text: string }) => text)).toEqual(['before', 'one', 'two', 'three']);
  });

  it('is stored once when its answer is lost', async () => {
    const network = new TestNetwork();
    const a = await clients.start(ann, server.url, network);
    await synced(a);
    network.swallow(
      ({ event, ok, data }) => event === 'reply' && ok === true && data?.message !== undefined,
      {
        andCut: true,
      },
    );
    const sent = await a.whenSent(a.send(bob.id, 'once'));
    await until(a.outbox, ({ length }) => length === 0);
    const { messages } = await ann.ok('GET', `/conversations/${sent.conversationId}/messages`);
    expect(messages).toHaveLength(1);
    const handle = await opened(a, sent.conversationId, 1);
    expect(texts(handle)).toEqual(['once']);
    expect(network.sent.filter(({ event }) => event === 'message.send').length).toBeGreaterThanOrEqual(1);
  });

  it('fails with the reason, and is sent when it is tried again', async () => {
    const a = await clients.start(ann, server.url);
    await bob.ok('PUT', `/contacts/${ann.id}`, { action: 'block' });
    const failed = new Promise<string>((resolve) => a.on('failed', ({ error }) => resolve(error.message)));
    const pending = a.send(bob.id, 'Bob?');
    expect(await failed).toBe('unable to send the message; one of you has blocked the other');
    expect(a.outbox.getSnapshot()).toMatchObject([
      { id: pending.id, status: 'failed', failure: { code: 'blocked' } },
    ]);
    await bob.ok('PUT', `/contacts/${ann.id}`, { action: 'unblock' });
    a.retry(pending.id);
    expect(await a.whenSent(pending)).toMatchObject({ text: 'Bob?', seq: 1 });
    expect(a.outbox.getSnapshot()).toEqual([]);
  });

  it('stays, with all that is held, while the client is stopped', async () => {
    const a = await clients.start(ann, server.url);
    const { conversationId } = await a.whenSent(a.send(bob.id, 'before'));
    const handle = await opened(a, conversationId, 1);
    await a.stop();
    const pending = handle.send('meanwhile');
    expect(handle.messages.getSnapshot()).toMatchObject({
      messages: [{ text: 'before' }],
      pending: [pending],
    });
    await a.start();
    await a.whenSent(pending);
    await until(handle.messages, ({ messages }) => messages.length === 2);
    expect(texts(handle)).toEqual(['before', 'meanwhile']);
  });

  it('of somebody else is not shown to who logs in after', async () => {
    const storage = keepIn(memoryStorage());
    const first = await clients.start(ann, server.url, new TestNetwork(), { storage });
    const { conversationId } = await first.whenSent(first.send(bob.id, 'between us'));
    await first.stop();
    const second = await clients.start(eve, server.url, new TestNetwork(), { storage, userId: eve.id });
    expect(second.conversations.getSnapshot()).toEqual([]);
    await synced(second);
    expect(second.conversation(conversationId).state.getSnapshot()).toBeNull();
  });
});

it('reads on one device what is unread on the other', async () => {
  const [phone, desk] = [await clients.start(bob, server.url), await clients.start(bob, server.url)];
  const { message } = await ann.ok('POST', '/messages', { to: bob.id, id: crypto.randomUUID(), text: 'Hi' });
  await until(phone.unread, ({ unread }) => unread === 1);
  (await opened(desk, message.conversationId as string, 1)).markRead();
  await until(phone.unread, ({ unread }) => unread === 0);
});

it('invites to a group, and joins one by its invite', async () => {
  const dan = await Person.register(server.url, 'dan');
  const [a, d] = [await clients.start(ann, server.url), await clients.start(dan, server.url)];
  const id = await group();
  const api = new ConversationApi(a, id);
  const { token, ...made } = await api.invite({ expiresIn: 3600, maxUses: 5 });
  expect(await api.invites()).toEqual([made]);
  const invitation = new Invitation(d, token);
  const learnt: string[] = [];
  d.on('user', (user) => learnt.push(user.displayName));
  expect(await invitation.preview()).toMatchObject({ title: 'Us', memberCount: 3, conversationId: null });
  expect(learnt).toEqual(['ann']);
  const handle = await invitation.accept();
  await until(handle.state, (state) => state?.memberCount === 4);
  handle.send({ text: 'Here I am' });
  const own = await opened(a, id, 3);
  await until(own.messages, ({ messages }) => messages.at(-1)?.text === 'Here I am');
  expect((await invitation.accept()).id).toBe(id);
  expect(await api.invites()).toMatchObject([{ uses: 1 }]);
  await api.revokeInvite(made.id);
  const late = new Invitation(await clients.start(await Person.register(server.url), server.url), token);
  await expect(late.accept()).rejects.toMatchObject({
    ...{ code: 'invite_invalid', details: { reason: 'revoked' } },
    message: expect.stringMatching(/^unable to join the group; this invite cannot be used/),
  });
});
