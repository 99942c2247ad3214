import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Road } from './road';

let echo: Server;
let road: Road;
let atServer: Socket[];
const mine: Socket[] = [];

beforeEach(async () => {
  atServer = [];
  echo = createServer((socket) => {
    atServer.push(socket.on('error', () => undefined));
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const target = new URL(`http://127.0.0.1:${(echo.address() as AddressInfo).port}`);
  road = await Road.open(() => target);
});
afterEach(async () => {
  for (const socket of [...mine.splice(0), ...atServer]) socket.destroy();
  await road.close();
  await new Promise((resolve) => echo.close(resolve));
});

async function opened(): Promise<Socket> {
  const socket = connect(Number(new URL(road.url).port), '127.0.0.1');
  mine.push(socket);
  expect(await said(socket, 'hello')).toBe('hello');
  return socket;
}

async function said(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return bytes.toString();
}

it('passes on, also late', async () => {
  const socket = await opened();
  road.delay(50);
  const begun = performance.now();
  expect(await said(socket, 'late')).toBe('late');
  expect(performance.now() - begun).toBeGreaterThan(95);
});

it('lets no end overtake what was sent before it', async () => {
  const socket = await opened();
  road.delay(50);
  const order: string[] = [];
  socket.on('error', () => undefined).on('data', (bytes: Buffer) => order.push(bytes.toString()));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const [server] = atServer;
  await new Promise((resolve) => server?.write('last words', resolve));
  server?.resetAndDestroy();
  await closed;
  expect(order).toEqual(['last words']);
});

it('cuts, and lets the next connection pass', async () => {
  const socket = await opened();
  const cut = once(socket, 'error');
  road.cut();
  expect((await cut)[0]).toMatchObject({ code: 'ECONNRESET' });
  await opened();
});

it('ends as the other end would', async () => {
  const socket = await opened();
  const ended = once(socket, 'end');
  road.end();
  await ended;
});

it('lets a connection die without a word: neither end hears of the other any more', async () => {
  const socket = await opened();
  road.die();
  socket.write('into nothing');
  const [server] = atServer;
  const heard = jest.fn();
  server?.on('data', heard).on('close', heard);
  socket.destroy();
  await opened();
  expect(heard).not.toHaveBeenCalled();
});

it('passes on that nobody is there', async () => {
  (await opened()).destroy();
  for (const each of atServer) each.destroy();
  await new Promise((resolve) => echo.close(resolve));
  const refused = connect(Number(new URL(road.url).port), '127.0.0.1').on('error', () => undefined);
  mine.push(refused);
  await new Promise((resolve) => refused.once('close', resolve));
});
