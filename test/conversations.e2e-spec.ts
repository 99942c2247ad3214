import { randomUUID } from 'node:crypto';
import type { Conversation, ConversationCreated, Member, Message } from '@parley/protocol';
import { TimelineWriter } from '../src/timeline/timeline-writer';
import { UsersService } from '../src/users/users.service';
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

async function group(others: Person[], more: object = {}): Promise<Conversation> {
  const memberIds = others.map((person) => person.id);
  const { conversation } = await ann.ok('POST', '/conversations', {
    kind: 'group',
    title: 'Plans',
    memberIds,
    ...more,
  });
  return conversation as Conversation;
}

async function seqsSeenBy(person: Person, conversationId: string): Promise<number[]> {
  const { messages } = await person.ok('GET', `/conversations/${conversationId}/messages`);
  return (messages as Message[]).map((message) => message.seq);
}

const say = (person: Person, conversationId: string, text = 'x') =>
  person.ok('POST', `/conversations/${conversationId}/messages`, { id: randomUUID(), text });

describe('direct conversations', () => {
  it('are one per pair, however many make them at once', async () => {
    const { eve, fay } = await Person.registerAll(server.url, 'eve', 'fay');
    const make = (from: Person, to: Person) =>
      from.ok('POST', '/conversations', { kind: 'direct', memberIds: [to.id] });
    const made = (await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 ? make(eve, fay) : make(fay, eve))),
    )) as ConversationCreated[];
    expect(new Set(made.map(({ conversation }) => conversation.id)).size).toBe(1);
    expect(made.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    const [{ count }] = await server.source.query(
      `SELECT count(*)::int FROM conversation WHERE direct_key LIKE '%' || $1 || '%'`,
      [eve.id],
    );
    expect(count).toBe(1);
  });

  it('have no title, no roles and nobody to add or remove', async () => {
    const { conversation } = await ann.ok('POST', '/conversations', { kind: 'direct', memberIds: [bob.id] });
    const path = `/conversations/${conversation.id}`;
    const refused = { status: 409, code: 'not_a_group' };
    expect(await ann.error('PATCH', path, { title: 'Us' })).toMatchObject(refused);
    expect(await ann.error('POST', `${path}/members`, { userIds: [cleo.id] })).toMatchObject(refused);
    expect(await ann.error('DELETE', `${path}/members/${ann.id}`)).toMatchObject(refused);
    expect(await ann.error('PATCH', `${path}/members/${bob.id}`, { role: 'admin' })).toMatchObject(refused);
  });

  it('are with one other person who exists', async () => {
    const make = (memberIds: string[]) => ann.error('POST', '/conversations', { kind: 'direct', memberIds });
    expect(await make([ann.id])).toMatchObject({ code: 'payload_invalid' });
    expect(await make([bob.id, cleo.id])).toMatchObject({ code: 'payload_invalid' });
    expect(await make([])).toMatchObject({ code: 'payload_invalid' });
    expect(await make([randomUUID()])).toMatchObject({ status: 404, code: 'user_not_found' });
  });
});

describe('groups', () => {
  it('are made once per id', async () => {
    const id = randomUUID();
    const input = { kind: 'group', title: 'Once', memberIds: [bob.id], id };
    const made = await Promise.all([1, 2, 3].map(() => ann.ok('POST', '/conversations', input)));
    expect(new Set(made.map(({ conversation }) => conversation.id))).toEqual(new Set([id]));
    expect(made.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(await ann.error('POST', '/conversations', { ...input, title: 'Twice' })).toMatchObject({
      code: 'id_conflict',
    });
    expect(await bob.error('POST', '/conversations', input)).toMatchObject({ code: 'id_conflict' });
  });

  it('tell their members that they are in, and begin with an entry', async () => {
    const [bobs, cleos] = [await bob.connect(), await cleo.connect()];
    const { id } = await group([bob]);
    const created = await bobs.next('conversation.created');
    expect(created).toMatchObject({
      conversationId: id,
      version: 1,
      conversation: { title: 'Plans', memberCount: 2 },
    });
    expect(created.member).toMatchObject({ userId: bob.id, role: 'member', joinedSeq: 0 });
    const { message } = await bobs.next('message.created');
    expect(message).toMatchObject({ kind: 'system', seq: 1, senderId: ann.id, text: null });
    expect(message.metadata).toEqual({ type: 'conversation.created', title: 'Plans' });
    await cleos.settle();
    expect(cleos.all('conversation.created')).toEqual([]);
  });

  it('are renamed by owner and admins, with an entry and a push', async () => {
    const { id } = await group([bob]);
    const bobs = await bob.connect();
    expect(await bob.error('PATCH', `/conversations/${id}`, { title: 'Mine' })).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
    expect(await ann.ok('PATCH', `/conversations/${id}`, { title: 'Trip' })).toMatchObject({
      title: 'Trip',
      version: 2,
    });
    expect((await bobs.next('conversation.updated')).conversation).toMatchObject({
      title: 'Trip',
      lastSeq: 2,
    });
    expect((await bobs.next('message.created')).message.metadata).toEqual({
      type: 'title.changed',
      title: 'Trip',
    });
    // The same again changes nothing.
    expect(await ann.ok('PATCH', `/conversations/${id}`, { title: 'Trip' })).toMatchObject({ version: 2 });
    for (const title of ['', ' \n', 'x'.repeat(101), 'a\u0000', null]) {
      expect((await ann.error('PATCH', `/conversations/${id}`, { title })).status).toBe(400);
    }
  });

  it('show who joins what comes from then on', async () => {
    const { id } = await group([bob]);
    await say(ann, id, 'before');
    const cleos = await cleo.connect();
    const { members } = await ann.ok('POST', `/conversations/${id}/members`, { userIds: [cleo.id, bob.id] });
    expect(members).toMatchObject([{ userId: cleo.id, role: 'member', joinedSeq: 2 }]);
    expect(await cleos.next('conversation.created')).toMatchObject({ conversationId: id, version: 3 });
    expect((await cleos.next('message.created')).message.metadata).toEqual({
      type: 'member.added',
      userIds: [cleo.id],
    });
    await say(ann, id, 'after');
    expect((await cleos.next('message.created')).message.seq).toBe(4);
    expect(await seqsSeenBy(cleo, id)).toEqual([3, 4]);
    expect(await seqsSeenBy(bob, id)).toEqual([1, 2, 3, 4]);
    // Again: nobody is added, nothing is written.
    expect(await ann.ok('POST', `/conversations/${id}/members`, { userIds: [cleo.id] })).toEqual({
      members: [],
    });
    expect(await seqsSeenBy(bob, id)).toHaveLength(4);
  });

  it('show everything to who joins when they say so', async () => {
    const { id } = await group([bob], { historyVisible: true });
    await say(ann, id);
    await ann.ok('POST', `/conversations/${id}/members`, { userIds: [cleo.id] });
    expect(await seqsSeenBy(cleo, id)).toEqual([1, 2, 3]);
  });

  it('are left, and say nothing more to who has left or was removed', async () => {
    const { id } = await group([bob, cleo]);
    const [anns, bobs, cleos] = await Promise.all([ann, bob, cleo].map((person) => person.connect()));
    await bob.ok('DELETE', `/conversations/${id}/members/${bob.id}`);
    expect(await bobs!.next('conversation.removed')).toEqual({ conversationId: id, version: 2 });
    const changed = await anns!.next('member.changed');
    expect(changed).toMatchObject({
      memberCount: 2,
      changes: [{ userId: bob.id, role: null, member: null }],
    });
    await ann.ok('DELETE', `/conversations/${id}/members/${cleo.id}`);
    await cleos!.next('conversation.removed');
    await say(ann, id, 'alone');
    await Promise.all([bobs!.settle(), cleos!.settle()]);
    expect(bobs!.all('message.created')).toEqual([]);
    // Cleo saw Bob go, and nothing after that.
    expect(cleos!.all('message.created').map(({ message }) => message.seq)).toEqual([2]);
    for (const gone of [bob, cleo]) {
      expect(await gone.error('GET', `/conversations/${id}/messages`)).toMatchObject({
        code: 'conversation_not_found',
      });
      expect(await gone.error('GET', `/conversations/${id}`)).toMatchObject({
        code: 'conversation_not_found',
      });
    }
    expect(await ann.error('DELETE', `/conversations/${id}/members/${bob.id}`)).toMatchObject({
      code: 'member_not_found',
    });
  });

  it('let who comes back see what comes from then on', async () => {
    const { id } = await group([bob]);
    await bob.ok('DELETE', `/conversations/${id}/members/${bob.id}`);
    await say(ann, id, 'missed');
    await ann.ok('POST', `/conversations/${id}/members`, { userIds: [bob.id] });
    expect(await seqsSeenBy(bob, id)).toEqual([4]);
  });

  it('keep an owner', async () => {
    const { id } = await group([bob, cleo]);
    const members = `/conversations/${id}/members`;
    const refused = { status: 409, code: 'last_owner' };
    expect(await ann.error('DELETE', `${members}/${ann.id}`)).toMatchObject(refused);
    expect(await ann.error('PATCH', `${members}/${ann.id}`, { role: 'member' })).toMatchObject(refused);
    const bobs = await bob.connect();
    await ann.ok('POST', `/conversations/${id}/handover`, { userId: bob.id });
    expect((await bobs.next('member.changed')).changes).toMatchObject([
      { userId: bob.id, role: 'owner' },
      { userId: ann.id, role: 'admin' },
    ]);
    await ann.ok('DELETE', `${members}/${ann.id}`);
    expect(await bob.error('DELETE', `${members}/${bob.id}`)).toMatchObject(refused);
    await cleo.ok('DELETE', `${members}/${cleo.id}`);
    // Nobody is left who could own it.
    await bob.ok('DELETE', `${members}/${bob.id}`);
  });

  it('let roles do what roles may', async () => {
    const { id } = await group([bob, cleo]);
    const members = `/conversations/${id}/members`;
    const forbidden = { status: 403, code: 'forbidden' };
    expect(await bob.error('POST', members, { userIds: [dan.id] })).toMatchObject(forbidden);
    expect(await bob.error('DELETE', `${members}/${cleo.id}`)).toMatchObject(forbidden);
    expect(await bob.error('PATCH', `${members}/${bob.id}`, { role: 'owner' })).toMatchObject(forbidden);
    expect(await bob.error('POST', `/conversations/${id}/handover`, { userId: bob.id })).toMatchObject(
      forbidden,
    );

    expect(await ann.ok('PATCH', `${members}/${bob.id}`, { role: 'admin' })).toMatchObject({ role: 'admin' });
    await bob.ok('POST', members, { userIds: [dan.id] });
    expect(await bob.error('DELETE', `${members}/${ann.id}`)).toMatchObject(forbidden);
    expect(await bob.error('PATCH', `${members}/${dan.id}`, { role: 'admin' })).toMatchObject(forbidden);
    await bob.ok('DELETE', `${members}/${dan.id}`);
    expect(await dan.error('POST', members, { userIds: [dan.id] })).toMatchObject({
      code: 'conversation_not_found',
    });
    expect(await ann.error('PATCH', `${members}/${dan.id}`, { role: 'admin' })).toMatchObject({
      code: 'member_not_found',
    });
    expect(await ann.error('PATCH', `${members}/${bob.id}`, { role: 'king' })).toMatchObject({
      code: 'payload_invalid',
    });
  });

  it('list their members in pages, with who they are', async () => {
    const { id } = await group([bob, cleo, dan]);
    const first = await bob.ok('GET', `/conversations/${id}/members?limit=3`);
    const second = await bob.ok('GET', `/conversations/${id}/members?limit=3&cursor=${first.cursor}`);
    expect(second.cursor).toBeNull();
    const all = [...first.items, ...second.items] as (Member & { user: { username: string } })[];
    expect(all.map((member) => member.userId)).toEqual(
      [ann, bob, cleo, dan].map((person) => person.id).sort(),
    );
    expect(all.find((member) => member.userId === bob.id)?.user.username).toBe(bob.username);
    for (const cursor of ['nonsense', first.cursor.slice(2), Buffer.from('["x"]').toString('base64url')]) {
      expect(await bob.error('GET', `/conversations/${id}/members?cursor=${cursor}`)).toMatchObject({
        code: 'cursor_invalid',
      });
    }
  });

  it('find their members by how names begin', async () => {
    const { id } = await group([bob, cleo]);
    const named = async (query: string) => {
      const path = `/conversations/${id}/members?limit=2&query=${encodeURIComponent(query)}`;
      return (await ann.ok('GET', path)).items.map(({ userId }: Member) => userId);
    };
    expect(await named(bob.username.slice(0, 5).toUpperCase())).toEqual([bob.id]);
    expect(await named('cle')).toEqual([cleo.id]);
    // Who is no member is not found, and no character means any.
    for (const nobody of [dan.username, '%', '_leo', 'leo', "' OR true--"])
      expect(await named(nobody)).toEqual([]);
    await ann.ok('DELETE', `/conversations/${id}/members/${cleo.id}`);
    expect(await named('cle')).toEqual([]);
    expect(await dan.error('GET', `/conversations/${id}/members?query=bob`)).toMatchObject({
      code: 'conversation_not_found',
    });
  });

  it('cannot be filled by somebody who is blocked', async () => {
    const { id } = await group([cleo]);
    await dan.ok('PUT', `/contacts/${ann.id}`, { action: 'block' });
    expect(await ann.error('POST', `/conversations/${id}/members`, { userIds: [dan.id] })).toMatchObject({
      code: 'blocked',
    });
    expect(await ann.error('POST', '/conversations', { kind: 'group', memberIds: [dan.id] })).toMatchObject({
      code: 'blocked',
    });
    expect(await ann.error('POST', '/conversations', { kind: 'direct', memberIds: [dan.id] })).toMatchObject({
      code: 'blocked',
    });
    expect(await ann.error('POST', '/messages', { id: randomUUID(), text: 'x', to: dan.id })).toMatchObject({
      code: 'blocked',
    });
    await dan.ok('PUT', `/contacts/${ann.id}`, { action: 'unblock' });
    await ann.ok('POST', `/conversations/${id}/members`, { userIds: [dan.id] });
  });

  it('do not take in an account whose deletion starts meanwhile', async () => {
    const { gil, hal } = await Person.registerAll(server.url, 'gil', 'hal');
    const { id } = await group([bob]);
    const writer = server.app.get(TimelineWriter);
    let [release, holds] = [() => {}, () => {}];
    const isHeld = new Promise<void>((resolve) => (holds = resolve));
    const someone = { userId: ann.id, sessionId: ann.tokens.sessionId };
    const held = writer.change(someone, id, () => {
      holds();
      return new Promise<void>((resolve) => (release = resolve));
    });
    await isHeld;
    // Both have been found to exist before the conversation's lock is free.
    const usersAsked = jest.spyOn(server.app.get(UsersService), 'requireExisting');
    const adding = ann.error('POST', `/conversations/${id}/members`, { userIds: [gil.id, hal.id] });
    while (!usersAsked.mock.results[0]) await new Promise(setImmediate);
    await usersAsked.mock.results[0].value;
    usersAsked.mockRestore();
    await server.source.query('UPDATE "user" SET deletion_started_at = now() WHERE id = $1', [hal.id]);
    release();
    await held;
    expect(await adding).toMatchObject({ code: 'user_not_found', details: { userIds: [hal.id] } });
    const { items } = await ann.ok('GET', `/conversations/${id}/members`);
    expect(items).toHaveLength(2);
  });

  it('lose somebody whose account is deleted, and their last owner has an heir', async () => {
    const gil = await Person.register(server.url, 'gil');
    const { conversation } = await gil.ok('POST', '/conversations', {
      kind: 'group',
      memberIds: [bob.id, cleo.id],
    });
    await gil.ok('PATCH', `/conversations/${conversation.id}/members/${cleo.id}`, { role: 'admin' });
    await gil.ok('DELETE', '/users/me', { password: 'correct horse battery' });
    const { items } = await bob.ok('GET', `/conversations/${conversation.id}/members`);
    const roles = new Map((items as Member[]).map((member) => [member.userId, member.role]));
    expect(roles).toEqual(
      new Map([
        [bob.id, 'member'],
        [cleo.id, 'owner'],
      ]),
    );
  });
});

describe('a block', () => {
  it('stops direct messages both ways at once, and leaves common groups alone', async () => {
    const { hal, ida } = await Person.registerAll(server.url, 'hal', 'ida');
    const send = (from: Person, to: Person) =>
      from.call('POST', '/messages', { id: randomUUID(), text: 'x', to: to.id });
    expect((await send(hal, ida)).status).toBe(201);
    const { conversation } = await hal.ok('POST', '/conversations', { kind: 'group', memberIds: [ida.id] });
    await ida.ok('PUT', `/contacts/${hal.id}`, { action: 'block' });
    for (const answer of [await send(hal, ida), await send(ida, hal)]) {
      expect(answer).toMatchObject({ status: 403, body: { error: { code: 'blocked' } } });
    }
    await say(hal, conversation.id);
    await ida.ok('PUT', `/contacts/${hal.id}`, { action: 'unblock' });
    expect((await send(hal, ida)).status).toBe(201);
  });
});

describe('the list', () => {
  it('shows the latest written in first, with what is unread and the other person', async () => {
    const { joe, kim } = await Person.registerAll(server.url, 'joe', 'kim');
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { conversation } = await joe.ok('POST', '/conversations', {
        kind: 'group',
        title: `g${i}`,
        memberIds: [kim.id],
      });
      ids.push(conversation.id);
    }
    const { message } = await joe.ok('POST', '/messages', { id: randomUUID(), text: 'hi', to: kim.id });
    await say(joe, ids[1]!, 'news');
    await say(kim, ids[1]!, 'mine do not count');
    // A reaction is news, and no reason to stand at the top.
    const { messages } = await kim.ok('GET', `/conversations/${ids[0]}/messages`);
    await kim.ok('PUT', `/conversations/${ids[0]}/messages/${messages[0].id}/reactions/%F0%9F%91%8D`);

    const first = await kim.ok('GET', '/conversations?limit=2');
    const rest = await kim.ok('GET', `/conversations?limit=2&cursor=${first.cursor}`);
    expect(rest.cursor).toBeNull();
    const items = [...first.items, ...rest.items];
    expect(items.map((item) => item.id)).toEqual([ids[1], message.conversationId, ids[2], ids[0]]);
    expect(items[0]).toMatchObject({
      unread: 2,
      lastSeq: 3,
      role: 'member',
      lastMessage: { text: 'mine do not count' },
    });
    expect(items[1]).toMatchObject({
      unread: 1,
      kind: 'direct',
      title: null,
      peer: { id: joe.id, displayName: 'joe' },
    });
    expect(await kim.ok('GET', `/conversations/${ids[1]}`)).toEqual(items[0]);
    expect(await kim.error('GET', '/conversations?cursor=x')).toMatchObject({ code: 'cursor_invalid' });
    expect(await ann.error('GET', `/conversations/${ids[1]}`)).toMatchObject({
      code: 'conversation_not_found',
    });
    expect(await ann.error('GET', '/conversations/not-an-id')).toMatchObject({ code: 'payload_invalid' });
  });
});
