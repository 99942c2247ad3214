import { browserTabs, keepIn, memoryStorage, type ParleyClient, until } from '@parley/client';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import { TestClients, TestNetwork } from './support/test-network';

/** Web Locks as browsers have them: one holder of a name, the others behind it in their order. */
class TestLocks {
  private readonly queues = new Map<string, Promise<unknown>>();

  request(name: string, _: object, hold: () => Promise<unknown>): Promise<unknown> {
    const held = (this.queues.get(name) ?? Promise.resolve()).then(hold);
    this.queues.set(name, held);
    return held;
  }
}

let server: TestApp;
let ann: Person;
let bob: Person;
let name: string;
const clients = new TestClients();
let count = 0;

beforeAll(async () => {
  server = await startApp();
  Object.defineProperty(globalThis, 'navigator', { value: { locks: new TestLocks() }, configurable: true });
});
afterAll(() => server.stop());
beforeEach(async () => {
  name = `tabs-${count++}`;
  ({ ann, bob } = await Person.registerAll(server.url, 'ann', 'bob'));
});
afterEach(() => clients.stop());

async function tab(network: TestNetwork, storage = keepIn(memoryStorage())): Promise<ParleyClient> {
  const client = await clients.start(ann, server.url, network, { tabs: browserTabs({ name }), storage });
  await until(client.connection, ({ status, isCaughtUp }) => status === 'online' && isCaughtUp);
  return client;
}

it('tabs share one connection, and see the same', async () => {
  const network = new TestNetwork();
  const [first, second] = [await tab(network), await tab(network)];
  expect(first.connection.getSnapshot().via).toBe('socket');
  expect(second.connection.getSnapshot().via).toBe('tab');
  const { id, conversationId } = await second.whenSent(second.send(bob.id, 'from the second'));
  const shown = await Promise.all(
    [first, second].map((client) => {
      const handle = client.conversation(conversationId);
      handle.open();
      return until(handle.messages, ({ messages, isLoaded }) => isLoaded && messages.length === 1);
    }),
  );
  expect(shown.map(({ messages }) => messages[0]?.id)).toEqual([id, id]);
  await first.conversation(conversationId).edit(id, 'changed in the first');
  const inSecond = second.conversation(conversationId).messages;
  await until(inSecond, ({ messages }) => messages[0]?.text === 'changed in the first');
  await second.conversation(conversationId).hide(id);
  await until(first.conversation(conversationId).messages, ({ messages }) => messages.length === 0);
  await bob.ok('POST', `/conversations/${conversationId}/messages`, {
    id: crypto.randomUUID(),
    text: 'pushed',
  });
  await until(inSecond, ({ messages }) => messages[0]?.text === 'pushed');
  expect(network.opened).toBe(1);
});

it('another tab leads when the one that does is closed, and sends what was on its way', async () => {
  const network = new TestNetwork();
  const storage = keepIn(memoryStorage());
  const [first, second] = [await tab(network, storage), await tab(network, storage)];
  network.goDown();
  await until(second.connection, ({ status }) => status !== 'online');
  const pending = first.send(bob.id, 'written in the first');
  await until(second.outbox, ([shown]) => shown?.id === pending.id);
  await first.stop();
  network.goUp();
  const message = await second.whenSent(pending);
  expect(second.connection.getSnapshot().via).toBe('socket');
  const { messages } = await bob.ok('GET', `/conversations/${message.conversationId}/messages`);
  expect(messages).toMatchObject([{ text: 'written in the first' }]);
});

it('a log-out is one in every tab', async () => {
  const network = new TestNetwork();
  const [first, second] = [await tab(network), await tab(network)];
  await second.whenSent(second.send(bob.id, 'secret'));
  await until(first.conversations, ({ length }) => length === 1);
  await second.forget();
  await until(first.conversations, ({ length }) => length === 0);
});
