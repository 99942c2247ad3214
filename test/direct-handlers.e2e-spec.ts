import { randomUUID } from 'node:crypto';
import type { Connection } from '../src/connections/connection';
import { DirectHandlers } from '../src/connections/direct-handlers';
import { startApp, type TestApp } from './support/start-app';

const connection = { id: 'c', userId: randomUUID(), sessionId: randomUUID() } as unknown as Connection;
const conversationId = randomUUID();

let server: TestApp;
let direct: DirectHandlers;

beforeAll(async () => {
  server = await startApp();
  direct = new DirectHandlers(server.app);
});
afterAll(() => server.stop());

// Found by what Nest's decorators leave behind: were that named otherwise, all would go on, but slowly.
it.each([
  ['message.send', { conversationId, id: randomUUID(), text: 'hello' }],
  ['message.edit', { conversationId, id: randomUUID(), text: 'hello' }],
  ['reaction.set', { conversationId, id: randomUUID(), emoji: '👍', on: true }],
  ['receipt.read', { conversationId, seq: 1 }],
  ['receipt.delivered', { conversationId, seq: 1 }],
  ['typing.set', { conversationId, on: true }],
])('%s goes to its gateway without a detour', async (event, data) => {
  const called = direct.call(event, connection, data);
  expect(called).toBeDefined();
  await expect(called!.result).rejects.toMatchObject({ code: 'conversation_not_found' });
});

it('leaves to Nest what is not certainly good', () => {
  expect(direct.call('typing.set', connection, { conversationId, on: 'yes' })).toBeUndefined();
  expect(direct.call('typing.set', connection, { conversationId, on: true, more: 1 })).toBeUndefined();
  expect(direct.call('nonsense', connection, {})).toBeUndefined();
});
