import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ServerEvents } from '@parley/protocol';
import { WebSocket } from 'ws';
import { ConnectionRegistry } from '../src/connections/connection-registry';
import { DeliveryService } from '../src/connections/delivery.service';
import { Frame } from '../src/connections/frame';
import { SocketHost } from '../src/connections/socket-host';
import { WsConnection } from '../src/connections/ws-connection';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import { TestSocket } from './support/test-socket';

/** What a client gets is counted by it. */
const FRAME_BYTES = 60_000;
const filler: ServerEvents['error'] = {
  error: { code: 'internal', message: 'x'.repeat(FRAME_BYTES), retryable: true },
};

let server: TestApp;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  server = await startApp({ OUT_QUEUE_SECONDS: '1' });
  ({ ann, bob } = await Person.registerAll(server.url, 'ann', 'bob'));
});
afterEach(() => Promise.all([ann.disconnect(), bob.disconnect()]));
afterAll(() => server.stop());

const turn = () => new Promise(setImmediate);
const pause = () => new Promise((resolve) => setTimeout(resolve, 10));

function connectionOf(person: Person): WsConnection {
  const [connection] = server.app.get(ConnectionRegistry).ofUser(person.id);
  if (!(connection instanceof WsConnection)) throw new Error('they are not connected');
  return connection;
}

function waitingFor(connection: WsConnection): number {
  return connection['socket'].bufferedAmount;
}

function push(person: Person): void {
  server.app.get(DeliveryService).push({ to: [person.id], frame: Frame.push('error', filler) });
}

/** Until the operating system takes no more, but far less waits than may. */
async function fillUp(person: Person): Promise<void> {
  const connection = connectionOf(person);
  let still = 0;
  while (still < 5) {
    const before = waitingFor(connection);
    if (before === 0) for (let i = 0; i < 5; i++) push(person);
    await pause();
    still = before > 0 && waitingFor(connection) === before ? still + 1 : 0;
  }
  expect(waitingFor(connection)).toBeLessThan(6 * FRAME_BYTES);
}

it('closes with 4508 a client that takes nothing, however little waits for it', async () => {
  const socket = await ann.connect();
  socket.raw.pause();
  const connection = connectionOf(ann);
  await fillUp(ann);
  expect(connection.closed).toBe(false);
  while (!connection.closed) await pause();
  socket.raw.resume();
  expect(await socket.closed).toEqual({ code: 4508, reason: 'slow_consumer' });
});

it('keeps a client that is slow, but takes what waits', async () => {
  const socket = await ann.connect();
  const connection = connectionOf(ann);
  socket.raw.pause();
  await fillUp(ann);
  socket.raw.on('message', () => {
    socket.raw.pause();
    setTimeout(() => socket.raw.resume(), 10);
  });
  socket.raw.resume();
  const end = performance.now() + 4_000;
  while (performance.now() < end) {
    // It ends because the client is slower: there is always something that waits.
    while (waitingFor(connection) < 4 * FRAME_BYTES) {
      push(ann);
      await turn();
    }
    await pause();
  }
  expect(connection.closed).toBe(false);
  socket.raw.terminate();
});

it('keeps for clients who never read what may wait for each, and delays nobody else', async () => {
  const anns = await Promise.all(Array.from({ length: 50 }, () => ann.connect()));
  for (const { raw } of anns) raw.pause();
  const bobs = await bob.connect();
  const { conversation } = await ann.ok('POST', '/conversations', { kind: 'group', memberIds: [bob.id] });
  const path = `/conversations/${conversation.id}/messages`;
  const connections = [...server.app.get(ConnectionRegistry).ofUser(ann.id)] as WsConnection[];
  let slowestMs = 0;
  let longest = 0;
  while (connections.some((connection) => !connection.closed)) {
    for (let i = 0; i < 10; i++) push(ann);
    const start = performance.now();
    const { message } = await ann.ok('POST', path, { id: randomUUID(), text: 'for somebody who reads' });
    await bobs.next('message.created', (data) => data.message.id === message.id);
    slowestMs = Math.max(slowestMs, performance.now() - start);
    longest = Math.max(longest, ...connections.map(waitingFor));
  }
  // The bound, the frame that went beyond it, and the close.
  expect(longest).toBeLessThan(1_048_576 + 2 * FRAME_BYTES);
  expect(slowestMs).toBeLessThan(2_000);
  for (const { raw } of anns) raw.terminate();
});

/** A socket without a token that reads nothing. */
async function openDeaf(): Promise<{ raw: WebSocket; waiting: () => number }> {
  const host = server.app.get(SocketHost);
  const before = new Set(host['sessions']);
  const { raw } = await TestSocket.open(server.url);
  const session = [...host['sessions']].find((each) => !before.has(each));
  raw.pause();
  return { raw, waiting: () => session?.['socket'].bufferedAmount ?? 0 };
}

it('cuts off who asks without a token, and reads no answers', async () => {
  const { raw } = await openDeaf();
  const closed = once(raw, 'close');
  const write = () => {
    for (let i = 0; i < 1_000 && raw.readyState === raw.OPEN; i++) raw.send('{"event":"ping","ref":1}');
    if (raw.readyState === raw.OPEN) setTimeout(write, 1);
  };
  write();
  await closed;
});

it('leaves out pongs that nobody reads', async () => {
  const { raw, waiting } = await openDeaf();
  let longest = 0;
  for (let i = 0; i < 200_000; i++) {
    raw.ping('x'.repeat(125));
    if (i % 1_000 === 0) {
      await turn();
      longest = Math.max(longest, waiting());
    }
  }
  while (raw.bufferedAmount > 0) await pause();
  expect(longest).toBeGreaterThan(0);
  expect(longest).toBeLessThan(70_000);
  raw.terminate();
});

describe('a connection that does not go on', () => {
  const closed = async (socket: Socket) => {
    socket.on('error', () => undefined).resume();
    const start = performance.now();
    await once(socket, 'close');
    return (performance.now() - start) / 1_000;
  };
  const open = (...lines: string[]) => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    if (lines.length > 0) socket.write(lines.join('\r\n'));
    return socket;
  };

  it('is gone within a quarter of a minute, whatever it began with', async () => {
    const withoutToken = await TestSocket.open(server.url);
    const seconds = await Promise.all([
      closed(open()),
      closed(open('GET /ws HTTP/1.1', 'Host: here', 'Upgrade: webso')),
      // As after an answer to a close that went astray.
      (async () => {
        const socket = await ann.connect();
        const stream = (socket.raw as unknown as { _socket: Socket })._socket;
        stream.removeAllListeners('data').resume();
        await ann.ok('POST', '/auth/logout');
        return closed(stream);
      })(),
    ]);
    for (const each of seconds) expect(each).toBeLessThan(20);
    expect(await withoutToken.closed).toMatchObject({ code: 4408 });
  });
});
