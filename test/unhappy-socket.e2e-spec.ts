import { randomUUID } from 'node:crypto';
import { SIGNING_KEY } from '../src/auth/signing-key';
import { TokenService } from '../src/auth/token.service';
import { call, PASSWORD, Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import { TestSocket } from './support/test-socket';

let server: TestApp;
let ann: Person;
let bob: Person;
let cleo: Person;
let conversationId: string;

beforeAll(async () => {
  server = await startApp();
  ({ ann, bob, cleo } = await Person.registerAll(server.url, 'ann', 'bob', 'cleo'));
  const made = await ann.ok('POST', '/conversations', { kind: 'group', title: 'Plans', memberIds: [bob.id] });
  conversationId = made.conversation.id;
});
afterEach(async () => {
  await Promise.all([ann, bob, cleo].map((person) => person.disconnect()));
});
afterAll(() => server.stop());

const text = (words = 'x') => ({ id: randomUUID(), text: words });

describe('message.send', () => {
  it('does not cross a block, in neither direction', async () => {
    await cleo.ok('POST', '/messages', { ...text(), to: ann.id });
    await ann.ok('PUT', `/contacts/${cleo.id}`, { action: 'block' });
    const pairs: [Person, Person][] = [
      [ann, cleo],
      [cleo, ann],
    ];
    for (const [from, to] of pairs) {
      const socket = await from.connect();
      const sent = socket.request('message.send', { ...text(), to: to.id });
      await expect(sent).rejects.toMatchObject({ code: 'blocked', retryable: false });
    }
    await ann.ok('PUT', `/contacts/${cleo.id}`, { action: 'unblock' });
  });

  it('refuses people who are not there', async () => {
    const socket = await ann.connect();
    const send = (data: object) => socket.request('message.send', { ...text(), ...data });
    await expect(send({ to: randomUUID() })).rejects.toMatchObject({ code: 'user_not_found' });
    await expect(send({ conversationId, mentions: [bob.id, cleo.id] })).rejects.toMatchObject({
      code: 'member_not_found',
      details: { userId: cleo.id },
    });
  });

  it('refuses an id that stands for another request', async () => {
    const [anns, bobs] = [await ann.connect(), await bob.connect()];
    const message = { ...text(), conversationId };
    const conflict = { code: 'id_conflict', retryable: false };
    await anns.request('message.send', message);
    for (const other of [{ text: 'y' }, { kind: 'note' }, { metadata: {} }, { mentions: [bob.id] }]) {
      await expect(anns.request('message.send', { ...message, ...other })).rejects.toMatchObject(conflict);
    }
    await expect(bobs.request('message.send', message)).rejects.toMatchObject(conflict);
    expect(await anns.request('message.send', message)).toMatchObject({ duplicate: true });
  });
});

it('receipt.delivered is for members, of messages that are there, named in one way', async () => {
  const [bobs, cleos] = [await bob.connect(), await cleo.connect()];
  const deliver = (socket: TestSocket, target: object) =>
    socket.request('receipt.delivered', { conversationId, ...target });
  const notThere = { code: 'conversation_not_found' };
  await expect(deliver(cleos, { seq: 1 })).rejects.toMatchObject(notThere);
  await expect(deliver(bobs, { conversationId: randomUUID(), seq: 1 })).rejects.toMatchObject(notThere);
  await expect(deliver(bobs, { messageId: randomUUID() })).rejects.toMatchObject({
    code: 'message_not_found',
  });
  for (const wrong of [{}, { seq: 1, messageId: randomUUID() }, { seq: 0 }, { messageId: 'x' }]) {
    await expect(deliver(bobs, wrong)).rejects.toMatchObject({ code: 'payload_invalid' });
  }
  expect(await deliver(bobs, { seq: 1 })).toMatchObject({ deliveredSeq: 1, readSeq: 0 });
});

describe('tokens', () => {
  /** One of this server that was good until a second ago. */
  async function expired({ id, tokens }: Person): Promise<string> {
    const past = { now: () => Date.now() - 61_000 };
    const maker = new TokenService(server.app.get(SIGNING_KEY), { accessTokenSeconds: 60 }, past);
    return (await maker.mint({ userId: id, sessionId: tokens.sessionId })).accessToken;
  }

  /** One of a session of theirs that has ended. */
  async function revoked({ username }: Person): Promise<string> {
    const credentials = { username, password: PASSWORD };
    const { accessToken } = (await call(server.url, 'POST', '/v1/auth/login', credentials)).body;
    await call(server.url, 'POST', '/v1/auth/logout', undefined, accessToken);
    return accessToken;
  }

  it.each([
    ['token_expired', expired],
    ['session_revoked', revoked],
  ])('are refused with %s by auth, which may be tried again', async (code, make) => {
    const accessToken = await make(ann);
    const socket = await TestSocket.open(server.url);
    await expect(socket.request('auth', { accessToken })).rejects.toMatchObject({ code, retryable: false });
    await expect(socket.request('ping')).rejects.toMatchObject({ code: 'unauthenticated' });
    const ready = await socket.request('auth', { accessToken: ann.tokens.accessToken });
    expect(ready).toMatchObject({ userId: ann.id });
    await socket.close();
  });

  it.each([
    ['token_expired', expired],
    ['session_revoked', revoked],
  ])('are refused with %s by auth.refresh, and the connection goes on', async (code, make) => {
    const accessToken = await make(ann);
    const socket = await ann.connect();
    await expect(socket.request('auth.refresh', { accessToken })).rejects.toMatchObject({ code });
    await socket.settle();
  });

  it.each([
    ['token_expired', expired],
    ['session_revoked', revoked],
  ])('are refused with %s over REST', async (code, make) => {
    const { status, body } = await call(server.url, 'GET', '/v1/users/me', undefined, await make(ann));
    expect(status).toBe(401);
    expect(body.error.code).toBe(code);
  });
});
