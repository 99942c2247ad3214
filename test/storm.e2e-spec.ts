import { randomUUID } from 'node:crypto';
import type { SyncPage } from '@parley/protocol';
import { groupOf, send } from './support/messages';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import { statementsOf } from './support/statements';
import { TestSocket } from './support/test-socket';

const CLIENTS = 120;

let server: TestApp;
let people: Person[];

beforeAll(async () => {
  server = await startApp();
  people = Object.values(await Person.registerAll(server.url, 'ann', 'bob', 'cleo'));
});
afterAll(() => server.stop());

it('clients who come back at once cost less than two statements each, and get what they missed', async () => {
  const [ann, bob, cleo] = people as [Person, Person, Person];
  const conversationId = await groupOf(ann, bob, cleo);
  await ann.ok('PUT', `/contacts/${bob.id}`, { action: 'request' });
  await bob.ok('PUT', `/contacts/${ann.id}`, { action: 'accept' });
  const original = await send(ann, conversationId, { text: 'missed by all' });
  const cursors = await Promise.all(people.map(async (person) => (await person.ok('GET', '/sync')).cursor));
  const answer = await send(ann, conversationId, { text: 'and this', replyTo: original.id });
  await bob.ok('POST', '/messages', { id: randomUUID(), text: 'to you alone', to: cleo.id });

  const comeBack = async (_: unknown, i: number) => {
    const { tokens } = people[i % people.length]!;
    const socket = await TestSocket.open(server.url, tokens.accessToken);
    const page = (await socket.request('sync', { cursor: cursors[i % people.length] })) as SyncPage;
    const group = page.conversations.find(({ id }) => id === conversationId);
    expect(group?.lastMessage).toMatchObject({ id: answer.id, quote: { text: 'missed by all' } });
    expect(page.conversations).toHaveLength(i % people.length === 0 ? 1 : 2);
    return socket;
  };
  let sockets: TestSocket[] = [];
  const statements = await statementsOf(server.source, async () => {
    sockets = await Promise.all(Array.from({ length: CLIENTS }, comeBack));
    // Who has come is announced to their friends by then.
    await sockets[0]!.settle();
  });
  expect(statements.length).toBeLessThan(2 * CLIENTS);
  await Promise.all(sockets.map((socket) => socket.close()));
});

it('a handshake with a token, and what follows it, asks the database nothing', async () => {
  const statements = await statementsOf(server.source, async () => {
    const sockets = await Promise.all(people.map((person) => person.connect()));
    await Promise.all(sockets.map((socket) => socket.settle()));
  });
  expect(statements).toEqual([]);
  await Promise.all(people.map((person) => person.disconnect()));
});
