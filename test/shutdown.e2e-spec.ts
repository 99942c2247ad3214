import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { Authenticator } from '../src/connections/authenticator';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import { TestSocket } from './support/test-socket';

let server: TestApp;
let ann: Person;
let bob: Person;
let conversationId: string;
let locker: Client;

beforeEach(async () => {
  server = await startApp();
  ({ ann, bob } = await Person.registerAll(server.url, 'ann', 'bob'));
  const { conversation } = await ann.ok('POST', '/conversations', { kind: 'direct', memberIds: [bob.id] });
  conversationId = conversation.id;
  locker = new Client(server.database);
  await locker.connect();
});
afterEach(async () => {
  await locker.end();
  await server.stop();
});

/** Holds what every send needs, until the returned function is called. */
async function holdConversation(): Promise<() => Promise<unknown>> {
  await locker.query('BEGIN');
  await locker.query('SELECT 1 FROM conversation WHERE id = $1 FOR UPDATE', [conversationId]);
  return () => locker.query('COMMIT');
}

/** Waits until a send waits for the conversation. */
async function sendWaits(): Promise<void> {
  let waiting = 0;
  while (waiting === 0) {
    const { rows } = await locker.query<{ n: string }>(
      `SELECT count(*) AS n FROM pg_stat_activity
       WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    );
    waiting = Number(rows[0]?.n);
  }
}

it('answers sends in flight over both doors before it closes', async () => {
  const anns = await ann.connect();
  const release = await holdConversation();
  const input = () => ({ id: randomUUID(), text: 'last words' });
  const overSocket = anns.request('message.send', { ...input(), conversationId });
  const overRest = bob.ok('POST', `/conversations/${conversationId}/messages`, input());
  await sendWaits();
  const closing = server.app.close();
  await anns.next('server.draining');
  await release();
  expect(await overSocket).toMatchObject({ duplicate: false });
  expect(await overRest).toMatchObject({ duplicate: false });
  expect(await anns.closed).toMatchObject({ code: 4503 });
  await closing;
});

it('answers a request in flight when nobody is connected', async () => {
  const release = await holdConversation();
  const sending = ann.call('POST', `/conversations/${conversationId}/messages`, {
    ...{ id: randomUUID(), text: 'last words' },
  });
  await sendWaits();
  const closing = server.app.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await release();
  expect((await sending).status).toBe(201);
  await closing;
});

it('turns away a socket whose token is looked at while the others are told to go', async () => {
  const slow = await ann.connect();
  // It does not answer the close until it is read again.
  slow.raw.pause();
  const authenticator = server.app.get(Authenticator);
  const authenticate = authenticator.authenticate.bind(authenticator);
  let letIn = () => {};
  const asked = new Promise<void>((resolve) => {
    authenticator.authenticate = async (token) => {
      resolve();
      await new Promise<void>((proceed) => (letIn = proceed));
      return authenticate(token);
    };
  });
  const opening = TestSocket.open(server.url, undefined, {
    headers: { Authorization: `Bearer ${bob.tokens.accessToken}` },
  });
  await asked;
  const closing = server.app.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
  letIn();
  const late = await opening;
  expect(await late.closed).toMatchObject({ code: 4503, reason: 'draining' });
  slow.raw.resume();
  await closing;
});
