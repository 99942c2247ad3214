import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { deflateRawSync } from 'node:zlib';
import { decode, encode } from '@msgpack/msgpack';
import { Client } from 'pg';
import { WebSocket } from 'ws';
import { ConnectionRegistry } from '../src/connections/connection-registry';
import { DeliveryService } from '../src/connections/delivery.service';
import { Frame } from '../src/connections/frame';
import type { WsConnection } from '../src/connections/ws-connection';
import { call, PASSWORD, Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import { TestSocket } from './support/test-socket';

let server: TestApp;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  server = await startApp();
  ({ ann, bob } = await Person.registerAll(server.url, 'ann', 'bob'));
});
afterEach(() => Promise.all([ann.disconnect(), bob.disconnect()]));
afterAll(() => server.stop());

/** The status and body with which an upgrade is refused. */
function refusal(headers: Record<string, string>): Promise<{ status: number; body: any }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, 'parley.v1', { headers });
    socket.on('open', () => reject(new Error('it was let in')));
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_, response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) });
        socket.terminate();
      });
    });
  });
}

describe('authentication', () => {
  it('refuses an upgrade with a bad token before it happens', async () => {
    for (const Authorization of [
      'Bearer nonsense',
      'Basic YTpi',
      'Bearer',
      `Bearer ${ann.tokens.refreshToken}`,
    ]) {
      const { status, body } = await refusal({ Authorization });
      expect(status).toBe(401);
      expect(body.error).toMatchObject({ code: 'unauthenticated', retryable: false });
    }
  });

  it('takes a token in the first frame, and handles nothing before', async () => {
    const socket = await TestSocket.open(server.url);
    await expect(socket.request('ping')).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(socket.request('auth', { accessToken: 'x' })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    await expect(socket.request('auth', {})).rejects.toMatchObject({ code: 'payload_invalid' });
    // Frames that follow at once wait for the authentication to end.
    const [ready, pong] = await Promise.all([
      socket.request('auth', { accessToken: ann.tokens.accessToken }),
      socket.request('ping'),
    ]);
    expect(ready).toMatchObject({ userId: ann.id, sessionId: ann.tokens.sessionId, heartbeatSeconds: 20 });
    expect(pong).toHaveProperty('at');
    expect(await socket.next('ready')).toEqual(ready);
    await expect(socket.request('auth', { accessToken: ann.tokens.accessToken })).rejects.toMatchObject({
      code: 'payload_invalid',
    });
    await socket.close();
  });

  it('does not look for a token in the URL', async () => {
    const socket = new WebSocket(
      `${server.url.replace('http', 'ws')}/ws?token=${ann.tokens.accessToken}`,
      'parley.v1',
    );
    const test = await new Promise<string>((resolve) => {
      socket.on('open', () => socket.send('{"event":"ping","ref":1}'));
      socket.on('message', (data: Buffer) => resolve(data.toString()));
    });
    expect(JSON.parse(test)).toMatchObject({ ok: false, error: { code: 'unauthenticated' } });
    socket.terminate();
  });
});

describe('frames', () => {
  it('answers a wrong frame by name and lives on', async () => {
    const socket = await ann.connect();
    const cases: [string | Buffer, string][] = [
      ['{"event":', 'frame_invalid'],
      ['[]', 'frame_invalid'],
      ['{"data":{}}', 'frame_invalid'],
      [Buffer.from('{"event":"ping"}'), 'frame_invalid'],
      ['{"event":"no.such"}', 'event_unknown'],
      ['{"event":"ping","data":[]}', 'payload_invalid'],
      ['{"event":"ping","data":"x"}', 'payload_invalid'],
      ['{"event":"typing.set","data":{"conversationId":"x","on":true}}', 'payload_invalid'],
      ['{"event":"typing.set","data":{"__proto__":{"on":true}}}', 'payload_invalid'],
    ];
    for (const [frame, code] of cases) {
      socket.raw.send(frame);
      expect((await socket.next('error')).error).toMatchObject({ code, retryable: false });
    }
    await expect(socket.request('ping', { extra: 1 })).rejects.toMatchObject({ code: 'payload_invalid' });
    await expect(socket.request('no.such')).rejects.toMatchObject({ code: 'event_unknown' });
    await expect(socket.request('constructor')).rejects.toMatchObject({ code: 'event_unknown' });
    await socket.settle();
    expect(socket.frames).toEqual([]);
  });

  it('says which fields of a payload are wrong', async () => {
    const socket = await ann.connect();
    await expect(socket.request('message.send', { id: 'x', text: 'y', to: bob.id })).rejects.toMatchObject({
      details: { fields: { id: [expect.stringContaining('UUID')] } },
    });
  });

  it('answers every ref once, in the order of the frames', async () => {
    const socket = await ann.connect();
    const refs: unknown[] = [];
    const done = new Promise<void>((resolve) => {
      socket.raw.on('message', (data: Buffer) => {
        const { event, ref } = JSON.parse(data.toString()) as { event: string; ref?: number };
        if (event === 'reply') refs.push(ref);
        if (refs.length === 200) resolve();
      });
    });
    for (let ref = 0; ref < 200; ref++) {
      const event = ref % 3 === 0 ? 'message.send' : ref % 3 === 1 ? 'ping' : 'unknown';
      const data = { id: '0190a000-0000-7000-8000-' + String(ref).padStart(12, '0'), text: 'x', to: bob.id };
      socket.raw.send(JSON.stringify({ event, data: event === 'ping' ? undefined : data, ref }));
    }
    await done;
    expect(refs).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  it('closes a connection whose frame is too big', async () => {
    const socket = await ann.connect();
    socket.raw.send(JSON.stringify({ event: 'ping', data: { x: 'y'.repeat(140_000) } }));
    expect(await socket.closed).toMatchObject({ code: 1009 });
  });

  it('speaks MessagePack in binary frames, and pushes alike in both encodings', async () => {
    const jsons = await ann.connect();
    const raw = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, 'parley.v1.msgpack', {
      headers: { Authorization: `Bearer ${ann.tokens.accessToken}` },
    });
    const frames: any[] = [];
    raw.on('message', (data: Buffer, isBinary: boolean) =>
      frames.push({ isBinary, ...(decode(data) as object) }),
    );
    await new Promise((resolve) => raw.once('open', resolve));
    await bob.ok('POST', '/messages', { id: crypto.randomUUID(), text: '两种编码', to: ann.id });
    const { message } = await jsons.next('message.created');
    raw.send(encode({ event: 'ping', ref: 'last' }));
    while (!frames.some((frame) => frame.ref === 'last'))
      await new Promise((resolve) => raw.once('message', resolve));
    expect(frames.every((frame) => frame.isBinary)).toBe(true);
    expect(frames.map((frame) => frame.event)).toEqual(
      expect.arrayContaining(['ready', 'message.created', 'reply']),
    );
    expect(frames.find((frame) => frame.event === 'message.created').data.message).toEqual(message);
    const failed = new Promise<void>((resolve) => raw.once('message', () => resolve()));
    raw.send('{"event":"ping"}');
    await failed;
    expect(frames.at(-1)).toMatchObject({ event: 'error', data: { error: { code: 'frame_invalid' } } });
    raw.terminate();
  });

  it('closes who offers only protocols that it does not speak', async () => {
    const raw = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, 'other.v1');
    raw.on('error', () => undefined);
    await new Promise((resolve) => raw.once('close', resolve));
    expect(raw.protocol).toBe('');
  });
});

describe('heartbeat', () => {
  it('pings, and cuts off who misses two', async () => {
    const quick = await startApp({ HEARTBEAT_SECONDS: '1' });
    const person = await Person.register(quick.url);
    const alive = await person.connect();
    const dead = await TestSocket.open(quick.url, person.tokens.accessToken, { autoPong: false });
    expect(await dead.closed).toMatchObject({ code: 4504 });
    await alive.settle();
    await person.disconnect();
    await quick.stop();
  });

  it('does not take for dead whom the server itself does not read', async () => {
    const quick = await startApp({ HEARTBEAT_SECONDS: '1' });
    const person = await Person.register(quick.url);
    const { conversation } = await person.ok('POST', '/conversations', { kind: 'group', memberIds: [] });
    const socket = await person.connect();
    const locking = new Client(quick.database);
    await locking.connect();
    await locking.query('BEGIN');
    await locking.query('SELECT FROM conversation FOR UPDATE');
    // More than may wait behind the one that waits for the lock.
    for (let ref = 0; ref < 100; ref++) {
      const data = { id: randomUUID(), conversationId: conversation.id, text: 'x' };
      socket.raw.send(JSON.stringify({ event: 'message.send', data, ref: `r${ref}` }));
    }
    for (let pings = 0; pings < 4; pings++) await Promise.race([once(socket.raw, 'ping'), socket.closed]);
    await locking.end();
    // A hundred commits, one after the other.
    await socket.request('ping', undefined, 20_000);
    // The first may have waited for too long, but all are answered.
    expect(socket.frames.filter(({ event }) => event === 'reply').length).toBe(100);
    await person.disconnect();
    await quick.stop();
  });
});

describe('a client that reads too slowly', () => {
  it('is told so when it reads again, after what it was sent', async () => {
    const small = await startApp({ OUT_QUEUE_BYTES: '65536' });
    const person = await Person.register(small.url);
    const socket = await person.connect();
    socket.raw.pause();
    const delivery = small.app.get(DeliveryService);
    const [connection] = small.app.get(ConnectionRegistry).ofUser(person.id) as Iterable<WsConnection>;
    const error = { code: 'internal', message: 'x'.repeat(60_000), retryable: true } as const;
    while (!connection!.closed) {
      delivery.push({ to: [person.id], frame: Frame.push('error', { error }) });
      await new Promise(setImmediate);
    }
    socket.raw.resume();
    expect(await socket.closed).toMatchObject({ code: 4508, reason: 'slow_consumer' });
    expect(socket.all('error').length).toBeGreaterThan(1);
    await small.stop();
  });
});

describe('permessage-deflate', () => {
  let deflating: TestApp;
  let person: Person;

  beforeAll(async () => {
    deflating = await startApp({ WS_DEFLATE: '1', WS_DEFLATE_THRESHOLD: '512' });
    person = await Person.register(deflating.url);
  });
  afterAll(async () => {
    await person.disconnect();
    await deflating.stop();
  });

  it('is off unless it is asked for', async () => {
    const socket = await ann.connect();
    expect(socket.raw.extensions).toBe('');
  });

  it('makes large frames small and leaves small ones alone', async () => {
    const socket = await person.connect();
    expect(socket.raw.extensions).toContain('permessage-deflate');
    const other = await Person.register(deflating.url, 'other');
    const text = 'the same again '.repeat(1_000);
    const receivedBefore = bytesRead(socket);
    await other.ok('POST', '/messages', { id: crypto.randomUUID(), text, to: person.id });
    expect((await socket.next('message.created')).message.text).toBe(text);
    expect(bytesRead(socket) - receivedBefore).toBeLessThan(2_000);
  });

  it('closes a bomb before it goes off', async () => {
    const socket = await person.connect();
    const bomb = deflateRawSync(Buffer.alloc(50 * 1_024 * 1_024), { finishFlush: 2 });
    expect(bomb.length).toBeLessThan(60_000);
    const before = process.memoryUsage().rss;
    writeFrame(socket, bomb.subarray(0, bomb.length - 4));
    expect((await socket.closed).code).toBe(1009);
    expect(process.memoryUsage().rss - before).toBeLessThan(40 * 1_024 * 1_024);
  });
});

/** Bytes that have come in on the TCP connection below a socket. */
function bytesRead(socket: TestSocket): number {
  return (socket.raw as unknown as { _socket: { bytesRead: number } })._socket.bytesRead;
}

/** Writes a compressed text frame as it is, which `ws` itself would not. */
function writeFrame(socket: TestSocket, payload: Buffer): void {
  const header = Buffer.alloc(8);
  header[0] = 0xc1; // FIN, RSV1 (compressed), text
  header[1] = 0x80 | 126;
  header.writeUInt16BE(payload.length, 2); // followed by a mask of zeros
  const { _socket } = socket.raw as unknown as { _socket: { write(data: Buffer): void } };
  _socket.write(Buffer.concat([header, payload]));
}

describe('upgrades to something else', () => {
  /** The answer to a request as curl --http2 and some HTTP clients send it. */
  function plain(method: string, path: string, body = ''): Promise<{ status: number; body: any }> {
    const headers = {
      Connection: 'Upgrade, HTTP2-Settings',
      Upgrade: 'h2c',
      'HTTP2-Settings': 'AAMAAABkAAQAAP__',
    };
    return new Promise((resolve, reject) => {
      const sent = request(`${server.url}${path}`, {
        method,
        headers: { ...headers, 'Content-Type': 'application/json' },
      });
      sent.on('error', reject);
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) });
        });
      });
      sent.end(body);
    });
  }

  it('are answered as if they had not asked for one, bodies included', async () => {
    expect(await plain('GET', '/health/live')).toEqual({ status: 200, body: { status: 'ok' } });
    const login = JSON.stringify({ username: ann.username, password: PASSWORD, deviceName: 'x'.repeat(90) });
    expect(await plain('POST', '/v1/auth/login', login)).toMatchObject({
      status: 200,
      body: { user: { id: ann.id } },
    });
    expect(await plain('GET', '/nothing')).toMatchObject({
      status: 404,
      body: { error: { code: 'route_unknown' } },
    });
  });

  it('on another path are told that there is no such route', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/elsewhere`);
    socket.on('error', () => undefined);
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
    });
    expect(status).toBe(404);
    socket.terminate();
  });
});

describe('REST', () => {
  it('tells errors in one shape', async () => {
    const unknown = await call(server.url, 'GET', '/v1/nothing', undefined, ann.tokens.accessToken);
    expect(unknown).toMatchObject({
      status: 404,
      body: { error: { code: 'route_unknown', retryable: false } },
    });
    const broken = await call(server.url, 'POST', '/v1/auth/login', '{"username":');
    expect(broken).toMatchObject({ status: 400, body: { error: { code: 'payload_invalid' } } });
    const huge = await call(server.url, 'POST', '/v1/auth/login', {
      username: 'x'.repeat(200_000),
      password: 'y',
    });
    expect(huge).toMatchObject({ status: 413, body: { error: { code: 'payload_too_large' } } });
    const nobody = await call(server.url, 'GET', '/v1/users/me');
    expect(nobody).toMatchObject({ status: 401, body: { error: { code: 'unauthenticated' } } });
  });

  it('compresses its answers', async () => {
    const response = await fetch(`${server.url}/openapi.json`, { headers: { 'Accept-Encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.json()).toHaveProperty('openapi');
  });

  it('is healthy', async () => {
    expect(await call(server.url, 'GET', '/health/live')).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await call(server.url, 'GET', '/health/ready')).toMatchObject({
      status: 200,
      body: { status: 'ok' },
    });
  });
});
