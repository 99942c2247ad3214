import { longPolling, ParleyAccount, ParleyClient, until } from '@parley/client';
import { Person, PASSWORD } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import { soon, TestClients, TestNetwork } from './support/test-network';

let server: TestApp;
let ann: Person;
let bob: Person;
const clients = new TestClients();

beforeAll(async () => {
  // The end of a token is told a minute before.
  server = await startApp({ ACCESS_TOKEN_TTL: '62' });
});
afterAll(() => server.stop());
beforeEach(async () => {
  ({ ann, bob } = await Person.registerAll(server.url, 'ann', 'bob'));
});
afterEach(() => clients.stop());

const online = (client: ParleyClient) => until(client.connection, ({ status }) => status === 'online');

describe('a token', () => {
  it('is renewed in place before it ends', async () => {
    const network = new TestNetwork();
    const account = new ParleyAccount({ url: server.url, fetch: network.fetch });
    await account.logIn({ username: ann.username, password: PASSWORD });
    const asked: boolean[] = [];
    const renewed = new Promise<void>((resolve) => {
      const look = () => {
        const isAnswered = network.received.filter(
          ({ event, ok }) => event === 'reply' && ok === true,
        ).length;
        const isSent = network.sent.some(({ event }) => event === 'auth.refresh');
        if (isSent && isAnswered >= network.sent.length) resolve();
        else setTimeout(look, 20);
      };
      look();
    });
    const client = await clients.start(ann, server.url, network, {
      getToken: (ask) => {
        asked.push(ask.renew);
        return account.getToken(ask);
      },
    });
    await online(client);
    await renewed;
    expect(asked).toEqual([false, true]);
    expect(client.connection.getSnapshot().status).toBe('online');
    expect(network.opened).toBe(1);
    expect(network.received.some(({ event }) => event === 'session.ending')).toBe(true);
  });

  it('that is refused is renewed, and then accepted', async () => {
    const asked: boolean[] = [];
    const client = await clients.start(ann, server.url, new TestNetwork(), {
      getToken: ({ renew }) => {
        asked.push(renew);
        return renew ? ann.tokens.accessToken : 'x.y.z';
      },
    });
    await online(client);
    expect(asked).toEqual([false, true]);
  });

  it('that nobody has any more ends the client', async () => {
    const stopped = new Promise((resolve) => {
      const client = new ParleyClient({ url: server.url, runtime: soon, getToken: () => null });
      client.on('stopped', ({ error }) => resolve(error));
      void client.start();
    });
    expect(await stopped).toMatchObject({
      ...{ code: 'logged_out', message: 'unable to connect; nobody is logged in' },
    });
  });
});

it('does not come back when its session is ended elsewhere', async () => {
  const network = new TestNetwork();
  const client = await clients.start(ann, server.url, network);
  await online(client);
  const stopped = new Promise((resolve) => client.on('stopped', ({ error }) => resolve(error)));
  await ann.ok('DELETE', `/auth/sessions/${ann.tokens.sessionId}`);
  expect(await stopped).toMatchObject({
    ...{ code: 'stopped', message: expect.stringContaining('the connection ended with 4409') },
  });
  expect(client.connection.getSnapshot()).toMatchObject({ status: 'stopped', retryAt: null });
  await expect(client.request('GET', '/v1/users/me')).rejects.toMatchObject({ code: 'session_revoked' });
  await expect(client.presence.set('busy')).rejects.toMatchObject({
    ...{ code: 'stopped', message: 'unable to change your status; the client has been stopped' },
  });
});

it('comes back after the time that a server that stops has told, and not before', async () => {
  const other = await startApp();
  const somebody = await Person.register(other.url);
  const network = new TestNetwork();
  const client = await clients.start(somebody, other.url, network);
  await online(client);
  const waiting = until(client.connection, ({ status }) => status === 'waiting').then((state) => {
    return { ...state, since: Date.now() };
  });
  await other.stop();
  const { retryAt, error, since } = await waiting;
  const told = network.received.find(({ event }) => event === 'server.draining')?.data as {
    reconnectAfterMs: number;
  };
  expect(error?.message).toContain('4503');
  expect(Math.abs(retryAt! - since - told.reconnectAfterMs)).toBeLessThan(1_000);
  client.wake();
  expect(client.connection.getSnapshot().status).toBe('waiting');
});

it('comes back after a cut, and when it is told that the network is there again', async () => {
  const network = new TestNetwork();
  const client = await clients.start(ann, server.url, network, {
    // Nothing happens by waiting.
    runtime: { ...soon, random: () => 1, after: (ms, run) => soon.after(ms === 1_000 ? 20_000 : ms, run) },
  });
  await online(client);
  network.cut();
  await until(client.connection, ({ status }) => status === 'waiting');
  // Waking it within a second of its last attempt is not listened to.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  client.wake();
  await online(client);
  expect(network.opened).toBe(2);
});

describe('where sockets are blocked', () => {
  it('goes on with requests that wait for news, until a socket opens', async () => {
    const network = new TestNetwork();
    network.blocksSockets = true;
    const client = await clients.start(ann, server.url, network, {
      fallback: longPolling,
      runtime: { ...soon, after: (ms, run) => soon.after(ms === 60_000 ? 300 : ms, run) },
    });
    expect(await online(client)).toMatchObject({ via: 'poll' });
    const first = await client.whenSent(client.send(bob.id, 'by request'));
    const handle = client.conversation(first.conversationId);
    handle.open();
    await bob.ok('POST', `/conversations/${first.conversationId}/messages`, {
      ...{ id: crypto.randomUUID(), text: 'heard' },
    });
    const { messages } = await until(handle.messages, (list) => list.messages.length === 2);
    expect(messages.map(({ text }) => text)).toEqual(['by request', 'heard']);
    await handle.react(first.id, '👍');
    await handle.edit(first.id, 'by a request');
    handle.markRead();
    await until(handle.messages, (list) => list.messages[0]?.text === 'by a request');
    expect(network.opened).toBe(0);
    network.blocksSockets = false;
    await until(client.connection, ({ via }) => via === 'socket');
    await bob.ok('POST', `/conversations/${first.conversationId}/messages`, {
      ...{ id: crypto.randomUUID(), text: 'pushed' },
    });
    await until(handle.messages, (list) => list.messages.length === 3);
  });

  it('waits when the server is away, and does not take sockets for blocked', async () => {
    const network = new TestNetwork();
    network.isDown = true;
    const client = await clients.start(ann, server.url, network, { fallback: longPolling });
    await until(client.connection, ({ status }) => status === 'waiting');
    network.goUp();
    expect(await online(client)).toMatchObject({ via: 'socket' });
  });
});
