import { randomUUID } from 'node:crypto';
import type { MessageSent } from '@parley/protocol';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import type { TestSocket } from './support/test-socket';

// Several processes on one database, with nothing else between them.
const servers: TestApp[] = [];
let ann: Person;
let bob: Person;
let eve: Person;
const sockets: TestSocket[] = [];

beforeAll(async () => {
  const settings = { JWT_SECRET: randomUUID() };
  const first = await startApp(settings);
  servers.push(first);
  for (let i = 0; i < 2; i++)
    servers.push(await startApp(settings, {}, () => Promise.resolve(first.database)));
  ({ ann, bob, eve } = await Person.registerAll(first.url, 'ann', 'bob', 'eve'));
});
afterEach(() => Promise.all(sockets.splice(0).map((socket) => socket.close())));
afterAll(async () => {
  for (const server of servers.reverse()) await server.stop();
});

async function connect(index: number, person: Person): Promise<TestSocket> {
  const socket = await person.at(servers[index]!.url).connect();
  sockets.push(socket);
  return socket;
}

async function group(...members: Person[]): Promise<string> {
  const memberIds = members.map(({ id }) => id);
  const { conversation } = await ann.ok('POST', '/conversations', { kind: 'group', memberIds });
  return conversation.id as string;
}

it('messages, changes and members reach who is connected elsewhere', async () => {
  const [anns, bobs] = [await connect(0, ann), await connect(1, bob)];
  const conversationId = await group(bob);
  expect((await bobs.next('conversation.created')).conversation.id).toBe(conversationId);
  const id = randomUUID();
  await anns.request('message.send', { id, conversationId, text: 'across' });
  expect((await bobs.next('message.created')).message.kind).toBe('system');
  expect((await bobs.next('message.created')).message).toMatchObject({ id, text: 'across', seq: 2 });
  await anns.request('message.edit', { id, conversationId, text: 'across, edited' });
  expect((await bobs.next('message.updated')).message).toMatchObject({ id, text: 'across, edited' });
  await anns.request('reaction.set', { id, conversationId, emoji: '👍', on: true });
  expect((await bobs.next('message.updated')).message.reactions).toMatchObject([{ count: 1 }]);
  await ann.ok('PATCH', `/conversations/${conversationId}`, { title: 'Everywhere' });
  expect((await bobs.next('conversation.updated')).conversation.title).toBe('Everywhere');
  await ann.ok('DELETE', `/conversations/${conversationId}/members/${bob.id}`);
  expect(await bobs.next('conversation.removed')).toMatchObject({ conversationId });
  await anns.request('message.send', { id: randomUUID(), conversationId, text: 'without bob' });
  await expect(
    bobs.request('message.send', { id: randomUUID(), conversationId, text: 'I am out' }),
  ).rejects.toMatchObject({ code: 'conversation_not_found' });
});

it('who was removed by another process cannot write any more, at once', async () => {
  const conversationId = await group(bob);
  const bobs = await connect(1, bob);
  const say = () => bobs.request('message.send', { id: randomUUID(), conversationId, text: 'cached here' });
  await say();
  await ann.ok('DELETE', `/conversations/${conversationId}/members/${bob.id}`);
  await expect(say()).rejects.toMatchObject({ code: 'conversation_not_found' });
});

it('who was added by another process can write at once', async () => {
  const conversationId = await group(bob);
  const [bobs, eves] = [await connect(1, bob), await connect(1, eve)];
  await bobs.request('message.send', { id: randomUUID(), conversationId, text: 'cached here' });
  await ann.ok('POST', `/conversations/${conversationId}/members`, { userIds: [eve.id] });
  const sent = await eves.request('message.send', { id: randomUUID(), conversationId, text: 'hello' });
  expect((sent as MessageSent).message.seq).toBe(4);
});

it('three processes write one conversation at once: everybody sees one order without a gap, once', async () => {
  const conversationId = await group(bob, eve);
  const all = [await connect(0, ann), await connect(1, bob), await connect(2, eve)];
  const reader = await connect(2, ann);
  const texts = 40;
  const acked: MessageSent[] = [];
  await Promise.all(
    all.map(async (socket) => {
      for (let i = 0; i < texts; i++) {
        const input = { id: randomUUID(), conversationId, text: `${i}` };
        acked.push((await socket.request('message.send', input)) as MessageSent);
      }
    }),
  );
  expect(new Set(acked.map(({ message }) => message.seq)).size).toBe(3 * texts);
  const seen: number[] = [];
  while (seen.at(-1) !== 3 * texts + 1) {
    const { message } = await reader.next('message.created');
    // What was written before it connected may come late from another process.
    if (message.conversationId === conversationId) seen.push(message.seq);
  }
  expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => i + (seen[0] ?? 0)));
  for (const socket of all) {
    await socket.settle();
    const own = socket
      .all('message.created')
      .filter(({ message }) => message.conversationId === conversationId);
    const seqs = own.map(({ message }) => message.seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  }
});

it('one id through two processes at once is one message', async () => {
  const conversationId = await group(bob);
  const annAt = [await connect(0, ann), await connect(1, ann)];
  for (let i = 0; i < 20; i++) {
    const input = { id: randomUUID(), conversationId, text: `${i}` };
    const sent = (await Promise.all(
      annAt.map((each) => each.request('message.send', input)),
    )) as MessageSent[];
    expect(new Set(sent.map(({ message }) => message.seq)).size).toBe(1);
    expect(sent.filter(({ duplicate }) => duplicate)).toHaveLength(1);
  }
});

it('one invite through three processes at once lets in as many as it is for, and each can write everywhere', async () => {
  const conversationId = await group();
  const { id, token } = await ann.ok('POST', `/conversations/${conversationId}/invites`, { maxUses: 3 });
  const names = Array.from({ length: 12 }, (_, i) => `p${i}`);
  const people = Object.values(await Person.registerAll(ann.url, ...names));
  const [anns, eves] = [await connect(1, ann), await connect(2, eve)];
  const answers = await Promise.all(
    people.map((person, i) => person.at(servers[i % 3]!.url).call('POST', '/invites/accept', { token })),
  );
  const joined = people.filter((_, i) => answers[i]!.status === 201);
  expect(joined).toHaveLength(3);
  const came = new Set<string>();
  while (came.size < 3)
    for (const { userId } of (await anns.next('member.changed')).changes) came.add(userId);
  expect(came).toEqual(new Set(joined.map((person) => person.id)));
  for (const [i, person] of joined.entries())
    await person
      .at(servers[(i + 1) % 3]!.url)
      .ok('POST', `/conversations/${conversationId}/messages`, { id: randomUUID(), text: 'here' });
  // What one process has ended is over on all.
  await ann.at(servers[1]!.url).ok('DELETE', `/conversations/${conversationId}/invites/${id}`);
  expect(await eve.at(servers[2]!.url).error('POST', '/invites/accept', { token })).toMatchObject({
    details: { reason: 'revoked' },
  });
  const another = await ann.ok('POST', `/conversations/${conversationId}/invites`, {});
  await eve.ok('POST', '/invites/accept', { token: another.token });
  expect(await eves.next('conversation.created')).toMatchObject({ conversationId });
});
