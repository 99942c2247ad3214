import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import { Draining } from '../src/common/draining';
import { ConnectionRegistry } from '../src/connections/connection-registry';
import { Person } from './support/person';
import { Road } from './support/road';
import { startApp, type TestApp } from './support/start-app';
import { TestSocket } from './support/test-socket';
import { eventually } from './support/until';

const DRAINED = { code: 4503, reason: 'draining' };

let server: TestApp;
let ann: Person;
let bob: Person;

async function start(settings: Record<string, string>): Promise<void> {
  server = await startApp(settings);
  ({ ann, bob } = await Person.registerAll(server.url, 'ann', 'bob'));
}
afterEach(() => server.stop());

const draining = () => server.app.get(Draining);
const bearer = ({ tokens }: Person) => ({ Authorization: `Bearer ${tokens.accessToken}` });

/** Resolves with the status and body of a refused upgrade, or 101. */
function upgrade(url: string, person: Person): Promise<{ status: number; body: any }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, 'parley.v1', { headers: bearer(person) });
    socket.on('error', reject);
    socket.on('open', () => {
      resolve({ status: 101, body: null });
      socket.close();
    });
    socket.on('unexpected-response', (_, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(body) }));
    });
  });
}

async function ready(): Promise<number> {
  return (await fetch(`${server.url}/health/ready`)).status;
}

/** Whether a statement waits for a lock. */
async function somebodyWaits(): Promise<boolean> {
  const rows: unknown[] = await server.source.query(
    `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
  );
  return rows.length > 0;
}

it('says first that it is going, and goes on as before until balancers have seen it', async () => {
  await start({ DRAIN_PAUSE: '1' });
  expect(await ready()).toBe(200);
  const anns = await ann.connect();
  const drained = draining().run();
  expect(await ready()).toBe(503);
  const bobs = await bob.connect();
  await bobs.request('message.send', { id: randomUUID(), text: 'as ever', to: ann.id });
  await anns.next('message.created');
  expect(draining().refusesClients).toBe(false);
  await Promise.all([anns.next('server.draining'), bobs.next('server.draining')]);
  expect(await Promise.all([anns.closed, bobs.closed])).toEqual([DRAINED, DRAINED]);
  await drained;
});

it('then refuses new sockets by name, while requests are still answered', async () => {
  await start({});
  const anns = await ann.connect();
  anns.raw.pause();
  const drained = draining().run();
  expect(await upgrade(server.url, bob)).toMatchObject({
    status: 503,
    body: { error: { code: 'unavailable', retryable: true } },
  });
  const answer = await fetch(`${server.url}/v1/users/me`, { headers: bearer(bob) });
  expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
  anns.raw.resume();
  expect(await anns.closed).toEqual(DRAINED);
  await drained;
});

it('answers at once who waits for news, with none', async () => {
  await start({});
  const { cursor } = await ann.ok('GET', '/sync');
  const waiting = ann.ok('GET', `/sync?cursor=${cursor}&wait=60`);
  await eventually(() => server.app.get(ConnectionRegistry).isConnected(ann.id));
  await draining().run();
  expect(await waiting).toMatchObject({ conversations: [], removed: [], cursor: expect.any(String) });
});

it('has clients leave one after the other, and serves each until its moment', async () => {
  await start({});
  const sockets = await Promise.all(Array.from({ length: 100 }, () => ann.connect()));
  const begun = performance.now();
  const drained = draining().run();
  const moments = await Promise.all(
    sockets.map(async (socket) => {
      const { reconnectAfterMs } = await socket.next('server.draining');
      // Who is told early enough asks on.
      if (reconnectAfterMs > 150) await socket.settle();
      expect(await socket.closed).toEqual(DRAINED);
      expect(performance.now() - begun).toBeGreaterThanOrEqual(reconnectAfterMs);
      return reconnectAfterMs;
    }),
  );
  await drained;
  expect(new Set(moments).size).toBe(sockets.length);
  expect(Math.max(...moments)).toBe(198);
});

it('ends at the deadline what does not end by itself', async () => {
  await start({ DRAIN_DEADLINE: '1' });
  const anns = await ann.connect();
  const { conversation } = await ann.ok('POST', '/conversations', { kind: 'group', memberIds: [bob.id] });
  const runner = server.source.createQueryRunner();
  await runner.startTransaction();
  await runner.query('SELECT 1 FROM conversation WHERE id = $1 FOR UPDATE', [conversation.id]);
  const input = { id: randomUUID(), text: 'too late', conversationId: conversation.id };
  const sending = anns.request('message.send', input);
  const lost = expect(sending).rejects.toThrow('closed with 4503');
  await eventually(somebodyWaits);
  const begun = performance.now();
  await draining().run();
  expect(performance.now() - begun).toBeLessThan(5_000);
  await lost;
  await runner.rollbackTransaction();
  await runner.release();
});

it('closes with 4503 whatever a socket is at that moment, behind a proxy too', async () => {
  await start({});
  const road = await Road.open({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
  const url = `http://127.0.0.1:${road.port}`;
  let going = true;
  const codes = new Map<string, number>();
  const count = (what: string) => codes.set(what, (codes.get(what) ?? 0) + 1);
  const live = async (life: (url: string) => Promise<number | string>) => {
    for (let i = 0; going; i++) count(String(await life(i % 2 ? url : server.url)));
  };
  const sender = async (at: string) => {
    const socket = await TestSocket.open(at, ann.tokens.accessToken).catch(() => null);
    if (!socket) return 'refused';
    const send = async (): Promise<void> => {
      await socket.request('message.send', { id: randomUUID(), text: 'x', to: bob.id });
      return send();
    };
    await send().catch(() => undefined);
    return (await socket.closed).code;
  };
  const authenticating = async (at: string) => {
    const socket = await TestSocket.open(at).catch(() => null);
    if (!socket) return 'refused';
    await socket.request('auth', { accessToken: bob.tokens.accessToken }).catch(() => undefined);
    socket.raw.close(4000);
    const { code } = await socket.closed;
    return code === 4000 ? 'left' : code;
  };
  const lives = [sender, sender, sender, authenticating, authenticating].map(live);
  await eventually(() => (codes.get('left') ?? 0) >= 20);
  const drained = draining().run();
  await eventually(() => draining().refusesClients);
  going = false;
  await Promise.all([drained, ...lives]);
  road.close();
  codes.delete('left');
  codes.delete('refused');
  expect([...codes.keys()]).toEqual(['4503']);
});
