import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { connect as connectHttp2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { decode, encode } from '@msgpack/msgpack';
import type { SyncPage } from '@parley/protocol';
import type { Client } from 'pg';
import { WebSocket } from 'ws';
import { type Certificate, makeCertificate } from '../bench/support/certificate';
import { HaProxy, type ProxyOptions } from '../bench/support/haproxy';
import { Nginx } from './support/nginx';
import { Nodes } from './support/nodes';
import { Person } from './support/person';
import { describeWith } from './support/require-program';
import { removeDataDirs, ServerProcess } from './support/server-process';
import { TestSocket } from './support/test-socket';

/** Machines that run tests are busy. */
const PATIENCE_MS = 60_000;
jest.setTimeout(2 * PATIENCE_MS);

interface Proxy {
  url: string;
  plainUrl: string;
  reload(): Promise<void>;
  /** Resolves when it sends clients to the server with this index. */
  untilServes(index: number): Promise<void>;
  stop(): Promise<void>;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: any;
}

let dir: string;
let certificate: Certificate;
let nodes: Nodes;
let ann: Person;
let bob: Person;
let conversationId: string;

/** The configuration files of deploy/, in front of two servers. */
describeWith('openssl', 'deploy', () => {
  beforeAll(async () => {
    dir = await ServerProcess.dataDir();
    certificate = makeCertificate(dir);
    nodes = await Nodes.start(2);
    ({ ann, bob } = await Person.registerAll(nodes.urls[0]!, 'ann', 'bob'));
    const { conversation } = await ann.ok('POST', '/conversations', { kind: 'direct', memberIds: [bob.id] });
    conversationId = conversation.id;
  });
  afterAll(async () => {
    await nodes.stop();
    await removeDataDirs(dir);
  });

  const options = (servers: readonly string[] = nodes.urls): ProxyOptions => ({ dir, certificate, servers });

  describeWith('haproxy', 'haproxy', () => {
    it('takes the configuration behind that of the distribution, without a warning', async () => {
      const said = await HaProxy.check(options(), '/etc/haproxy/haproxy.cfg');
      expect(said).toContain('Configuration file is valid');
      expect(said).not.toMatch(/WARNING|ALERT/);
    });

    behavesAsABalancer((servers) => HaProxy.start(options(servers)));

    it('sends nothing new to a server that drains, and lets it answer what it has', async () => {
      const proxy = await HaProxy.start(options([nodes.urls[0]!]));
      const locker = await nodes.session();
      try {
        await proxy.untilServes(0);
        await locker.query('BEGIN');
        await locker.query('SELECT 1 FROM conversation WHERE id = $1 FOR UPDATE', [conversationId]);
        const path = `/v1/conversations/${conversationId}/messages`;
        const sending = ask(proxy.url, 'POST', path, { id: randomUUID(), text: 'last words' });
        await someLock(locker);
        const ending = nodes.end(0);
        await proxy.untilStatus(0, /^DOWN/);
        expect((await ask(proxy.url, 'GET', '/v1/users/me')).body.error.code).toBe('unavailable');
        await locker.query('COMMIT');
        expect((await sending).status).toBe(201);
        expect(await ending).toBe(0);
      } finally {
        await locker.end();
        await proxy.stop();
        await nodes.startAgain(0);
      }
    });

    it('carries a socket over HTTP/2', async () => {
      const proxy = await HaProxy.start(options());
      const session = connectHttp2(proxy.url, { ca: certificate.ca });
      try {
        await new Promise<void>((resolve) => session.once('remoteSettings', () => resolve()));
        expect(session.remoteSettings.enableConnectProtocol).toBe(true);
        const stream = session.request({
          ...{ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/ws' },
          ...{ ':scheme': 'https', ':authority': new URL(proxy.url).host, 'sec-websocket-version': '13' },
          authorization: `Bearer ${ann.tokens.accessToken}`,
        });
        const [status, first] = await Promise.all([
          new Promise((resolve) => stream.once('response', (headers) => resolve(headers[':status']))),
          new Promise<Buffer>((resolve) => stream.once('data', resolve)),
        ]);
        expect(status).toBe(200);
        expect(first.toString()).toContain('"event":"ready"');
      } finally {
        session.destroy();
        await proxy.stop();
      }
    });
  });

  describeWith('nginx', 'nginx', () => {
    it('takes the configuration without a warning', async () => {
      const said = await Nginx.check(options());
      expect(said).toContain('test is successful');
      expect(said).not.toMatch(/\[(warn|error|emerg|alert)\]/);
    });

    behavesAsABalancer((servers) => Nginx.start(options(servers)));
  });
});

/** What both do. */
function behavesAsABalancer(start: (servers?: readonly string[]) => Promise<Proxy>): void {
  let proxy: Proxy;
  const sockets: TestSocket[] = [];

  beforeAll(async () => {
    proxy = await start();
  });
  afterEach(() => Promise.all(sockets.splice(0).map((socket) => socket.close())));
  afterAll(() => proxy.stop());

  async function connect(person: Person): Promise<TestSocket> {
    const socket = await TestSocket.open(proxy.url, person.tokens.accessToken, { ca: certificate.ca });
    sockets.push(socket);
    return socket;
  }

  /** As a client does, who tries again when a server stops. */
  async function connectAgain(person: Person): Promise<TestSocket> {
    for (;;) {
      try {
        return await connect(person);
      } catch (error) {
        expect((error as Error).message).toMatch(/^Unexpected server response: 50[23]$|socket hang up/);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  it('sends who comes without TLS to where it is', async () => {
    const response = await fetch(`${proxy.plainUrl}/v1/users/me`, { redirect: 'manual' });
    expect(response.status).toBe(308);
    expect(response.headers.get('location')).toMatch(/^https:\/\/127\.0\.0\.1.*\/v1\/users\/me$/);
  });

  it('passes on requests and answers, errors too', async () => {
    const me = await ask(proxy.url, 'GET', '/v1/users/me');
    expect(me).toMatchObject({ status: 200, body: { id: ann.id } });
    expect(me.headers['strict-transport-security']).toBe('max-age=31536000');
    const unknown = await ask(proxy.url, 'GET', `/v1/conversations/${randomUUID()}`);
    expect(unknown).toMatchObject({ status: 404, body: { error: { code: 'conversation_not_found' } } });
    expect((await ask(proxy.url, 'GET', '/health/ready')).status).toBe(200);
  });

  it('keeps metrics to those inside', async () => {
    for (const path of ['/metrics', '/metrics/workers'])
      expect(await ask(proxy.url, 'GET', path)).toMatchObject({
        ...{ status: 404, body: { error: { code: 'route_unknown', retryable: false } } },
      });
  });

  it('passes on sockets in both encodings', async () => {
    const [anns, bobs] = [await connect(ann), await binary(proxy.url, bob)];
    const id = randomUUID();
    const pushed = bobs.next((frame) => frame.event === 'message.created');
    await anns.request('message.send', { id, conversationId, text: 'to both' });
    expect((await pushed).data.message).toMatchObject({ id, text: 'to both' });
    const answer = bobs.next((frame) => frame.event === 'reply');
    const reply = { id: randomUUID(), conversationId, text: 'x'.repeat(16_000) };
    bobs.socket.send(encode({ event: 'message.send', data: reply, ref: 1 }));
    expect(await answer).toMatchObject({ ref: 1, ok: true });
    const long = await anns.next('message.created', ({ message }) => message.id === reply.id);
    expect(long.message).toMatchObject(reply);
    bobs.socket.close();
  });

  it('refuses who is refused', async () => {
    const opening = TestSocket.open(proxy.url, 'nonsense', { ca: certificate.ca });
    await expect(opening).rejects.toThrow('Unexpected server response: 401');
  });

  it('lets in its own page and no other, by the host that was asked for', async () => {
    const open = (origin: string) =>
      new Promise<string>((resolve) => {
        const url = `${proxy.url.replace('https', 'wss')}/ws`;
        const headers = { Origin: origin };
        const socket = new WebSocket(url, 'parley.v1', { ca: certificate.ca, headers });
        socket.once('open', () => (socket.terminate(), resolve('open')));
        socket.once('error', ({ message }) => resolve(message));
      });
    expect(await open(proxy.url)).toBe('open');
    for (const other of ['https://127.0.0.1', 'https://evil.example', 'null'])
      expect(await open(other)).toBe('Unexpected server response: 403');
  });

  it('lets a long poll wait, and passes its answer on at once', async () => {
    const bobsAsk = (path: string) => ask(proxy.url, 'GET', path, undefined, bob);
    let { cursor } = (await bobsAsk('/v1/sync')).body as SyncPage;
    // What bob did before may still be news.
    ({ cursor } = (await bobsAsk(`/v1/sync?cursor=${cursor}`)).body as SyncPage);
    const waiting = bobsAsk(`/v1/sync?cursor=${cursor}&wait=20`);
    const path = `/v1/conversations/${conversationId}/messages`;
    await ask(proxy.url, 'POST', path, { id: randomUUID(), text: 'news' });
    const { status, body } = await waiting;
    expect(status).toBe(200);
    expect(body.conversations).toMatchObject([{ id: conversationId, lastMessage: { text: 'news' } }]);
  });

  it('spreads sockets over the servers, and who loses one comes back to another', async () => {
    for (const index of [0, 1]) await proxy.untilServes(index);
    const devices = [await connect(ann), await connect(ann), await connect(ann), await connect(ann)];
    const path = `/v1/conversations/${conversationId}/messages`;
    const say = (text: string) => ask(proxy.url, 'POST', path, { id: randomUUID(), text }, bob);
    // What was written before they connected may come late from another process.
    const hear = (device: TestSocket, text: string) =>
      device.next('message.created', ({ message }) => message.text === text);
    await say('to all devices');
    for (const device of devices) await hear(device, 'to all devices');

    await nodes.end(0, 'SIGKILL');
    try {
      const alive = await Promise.allSettled(devices.map((device) => device.settle()));
      const survivors = devices.filter((_, i) => alive[i]!.status === 'fulfilled');
      const victims = devices.filter((_, i) => alive[i]!.status === 'rejected');
      expect([survivors.length, victims.length].sort()).not.toContain(0);
      for (const victim of victims) expect(await victim.closed).toMatchObject({ code: 1006 });

      const again = await connectAgain(ann);
      await sayUntilStored(proxy.url, 'after the crash');
      for (const device of [...survivors, again]) await hear(device, 'after the crash');
    } finally {
      await nodes.startAgain(0);
    }
  });

  it('loses nobody without a word while all servers are started anew in turn', async () => {
    const devices = [await connect(ann), await connect(ann), await connect(ann)];
    const seqs: number[] = [];
    let over = false;
    const saying = Array.from({ length: 4 }, async () => {
      while (!over) seqs.push(await sayUntilStored(proxy.url));
    });
    try {
      for (const index of [0, 1]) {
        await proxy.untilServes(index);
        const ended = nodes.end(index);
        // The one that stops may still be asked, and says so.
        for (let i = 0; i < 5; i++) await connectAgain(ann);
        expect(await ended).toBe(0);
        await nodes.startAgain(index);
      }
    } finally {
      over = true;
    }
    for (const device of devices) {
      await device.next('server.draining');
      expect(await device.closed).toMatchObject({ code: 4503 });
    }
    await Promise.all(saying);
    expect(new Set(seqs).size).toBe(seqs.length);
  });

  it('keeps open sockets over a reload of its configuration', async () => {
    const before = await connect(ann);
    await proxy.reload();
    const after = await connect(bob);
    const id = randomUUID();
    await before.request('message.send', { id, conversationId, text: 'over the reload' });
    // What was written before it connected may come late from another process.
    await after.next('message.created', ({ message }) => message.id === id);
    expect(before.raw.readyState).toBe(WebSocket.OPEN);
  });

  it('says in the words of the protocol that no server is there', async () => {
    const alone = await start(['http://127.0.0.1:1']);
    try {
      const { status, headers, body } = await ask(alone.url, 'GET', '/v1/users/me');
      expect([status, headers['content-type']]).toEqual([503, 'application/json']);
      expect(body.error).toMatchObject({ code: 'unavailable', retryable: true });
    } finally {
      await alone.stop();
    }
  });

  it('tells the server who asks, and not what they say of themselves', async () => {
    const seen: IncomingHttpHeaders[] = [];
    const recorder = createServer(({ url, headers }, response) => {
      if (url !== '/health/ready') seen.push(headers);
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => recorder.once('listening', resolve));
    const { port } = recorder.address() as AddressInfo;
    const alone = await start([`http://127.0.0.1:${port}`]);
    try {
      const forged = {
        'x-forwarded-for': '192.0.2.1',
        'x-forwarded-proto': 'gopher',
        forwarded: 'for=192.0.2.1',
      };
      expect((await ask(alone.url, 'GET', '/v1/users/me', undefined, ann, forged)).status).toBe(200);
      expect(seen).toMatchObject([{ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' }]);
      expect(seen[0]).not.toHaveProperty('forwarded');
    } finally {
      await alone.stop();
      recorder.close();
    }
  });
}

/** As a client does: the same again after a lost connection or what is retryable. Returns its number. */
async function sayUntilStored(url: string, text = 'meanwhile'): Promise<number> {
  const path = `/v1/conversations/${conversationId}/messages`;
  const input = { id: randomUUID(), text };
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const answer = await ask(url, 'POST', path, input, bob).catch(() => null);
    if (answer?.status === 201) return answer.body.message.seq as number;
    if (answer) expect(answer.body.error).toMatchObject({ code: 'unavailable', retryable: true });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('nobody stored a message in time');
}

/** Waits until a send waits for what a test has locked. */
async function someLock(client: Client): Promise<void> {
  let waiting = 0;
  while (waiting === 0) {
    const { rows } = await client.query<{ n: string }>(
      `SELECT count(*) AS n FROM pg_stat_activity
       WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    );
    waiting = Number(rows[0]?.n);
  }
}

/** A socket that speaks MessagePack. */
async function binary(url: string, person: Person) {
  const headers = { Authorization: `Bearer ${person.tokens.accessToken}` };
  const options = { headers, ca: certificate.ca };
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, 'parley.v1.msgpack', options);
  const frames: any[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (data: Buffer) => {
    frames.push(decode(data));
    for (const wake of waiting) wake();
  });
  const next = async (matches: (frame: any) => boolean): Promise<any> => {
    for (;;) {
      const index = frames.findIndex(matches);
      if (index >= 0) return frames.splice(index, 1)[0];
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  };
  await next((frame) => frame.event === 'ready');
  return { socket, next };
}

/** One request over TLS with a certificate of our own. */
function ask(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  as = ann,
  further: Record<string, string> = {},
): Promise<Answer> {
  const headers: Record<string, string> = { authorization: `Bearer ${as.tokens.accessToken}`, ...further };
  if (body !== undefined) headers['content-type'] = 'application/json';
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { method, headers, ca: certificate.ca }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const parsed: unknown = text === '' ? undefined : JSON.parse(text);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed });
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
