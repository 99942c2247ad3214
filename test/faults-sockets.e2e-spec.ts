import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ConnectionRegistry } from '../src/connections/connection-registry';
import { Person } from './support/person';
import { Road } from './support/road';
import { startApp, type TestApp } from './support/start-app';
import { Stream } from './support/stream';

const CONNECTIONS = 16;

let server: TestApp;
let registry: ConnectionRegistry;
let road: Road;
let ann: Person;
let bob: Person;
let eve: Person;

beforeAll(async () => {
  server = await startApp({ HEARTBEAT_SECONDS: '2' });
  registry = server.app.get(ConnectionRegistry);
  ({ ann, bob, eve } = await Person.registerAll(server.url, 'ann', 'bob', 'eve'));
});
beforeEach(async () => {
  road = await Road.open({ host: '127.0.0.1', port: Number(new URL(server.url).port) });
});
afterEach(async () => {
  road.close();
  await gone(ann, bob, eve);
});
afterAll(() => server.stop());

function farUrl(): string {
  return `http://127.0.0.1:${road.port}`;
}

async function stream(person: Person): Promise<Stream> {
  const { conversation } = await person.ok('POST', '/conversations', { kind: 'group', memberIds: [bob.id] });
  return new Stream(person, conversation.id as string);
}

/** Until the server holds no connection of theirs. */
async function gone(...people: Person[]): Promise<void> {
  const connected = () => people.reduce((count, { id }) => count + [...registry.ofUser(id)].length, 0);
  while (connected() > 0) await pause();
}

function openSockets(): Promise<number> {
  const http = server.app.getHttpServer();
  return new Promise((resolve, reject) => {
    http.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

it('connections that are reset in the middle of a request, again and again, lose and double nothing', async () => {
  const [own, others] = [await stream(ann), await stream(eve)];
  const beside = others.write(server.url, 2, 'closed');
  for (let i = 0; i < 8; i++) {
    const writing = own.write(farUrl(), CONNECTIONS, 'closed');
    await own.further(60);
    road.resetConnections();
    await writing;
    await gone(ann);
  }
  others.end();
  await beside;
  await own.write(server.url, CONNECTIONS, 'answered');
  for (const each of [own, others]) await each.check(bob);
  expect([...own.errors, ...others.errors]).toEqual([]);
  expect(others.slowestMs).toBeLessThan(2_000);
});

it('half-open connections are dropped by their heartbeat, and delay nobody else', async () => {
  const [own, others] = [await stream(ann), await stream(eve)];
  const sockets = await openSockets();
  const writing = own.write(farUrl(), CONNECTIONS, 'closed');
  const beside = others.write(server.url, 2, 'closed');
  await own.further(100);
  // They get pushes all the time, so that what waits for them would grow.
  await eve.ok('POST', `/conversations/${others.conversationId}/members`, { userIds: [ann.id] });
  road.loseConnections();
  expect(registry.isConnected(ann.id)).toBe(true);
  await others.further(200);
  await gone(ann);
  others.end();
  await beside;
  road.close();
  await writing;
  await own.write(server.url, CONNECTIONS, 'answered');
  for (const each of [own, others]) await each.check(bob);
  expect(others.slowestMs).toBeLessThan(2_000);
  await gone(ann, eve);
  while ((await openSockets()) > sockets) await pause();
});

it('a client whose process stands still is told 4504 when it goes on', async () => {
  const client = await startClient();
  try {
    expect(await client.says()).toBe('ready');
    client.process.kill('SIGSTOP');
    await gone(bob);
    client.process.kill('SIGCONT');
    expect(await client.says()).toBe('closed with 4504');
  } finally {
    client.process.kill('SIGKILL');
  }
});

/** A device of Bob in a process of its own, which tells of its life in lines. */
async function startClient(): Promise<{ process: ChildProcess; says(): Promise<string> }> {
  const script = `
    const { WebSocket } = require('ws');
    const [url, token] = process.argv.slice(1);
    const socket = new WebSocket(url, 'parley.v1', { headers: { Authorization: 'Bearer ' + token } });
    socket.on('message', (data) => JSON.parse(data).event === 'ready' && console.log('ready'));
    socket.on('close', (code) => console.log('closed with ' + code));`;
  const url = `${server.url.replace('http', 'ws')}/ws`;
  const child = spawn(process.execPath, ['-e', script, url, bob.tokens.accessToken], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child, 'spawn');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return { process: child, says: async () => String((await lines.next()).value) };
}
