import { once } from 'node:events';
import { request } from 'node:http';
import { SUBPROTOCOLS } from '@parley/protocol';
import { WebSocket } from 'ws';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';

const LISTED = 'https://app.example.org';
type Headers = Record<string, string>;

let app: TestApp;
let strict: TestApp;
let ann: Person;
beforeAll(async () => {
  app = await startApp({ ALLOWED_ORIGINS: `${LISTED},capacitor://localhost` });
  strict = await startApp({ ORIGIN_REQUIRED: '1' });
  ann = await Person.register(app.url);
});
afterAll(() => Promise.all([app.stop(), strict.stop()]));

/** One raw request: fetch keeps a program from naming its origin and host. */
async function ask(method: string, path: string, headers: Headers, body = '') {
  const sent = request(app.url + path, { method, headers, agent: false });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  const chunks = (await response.toArray()) as Buffer[];
  return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() };
}

/** The status of an upgrade: 101 when it was let in. */
async function upgrade(url: string, headers: Headers): Promise<number> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, SUBPROTOCOLS.json, { headers });
  socket.on('error', () => undefined);
  const status = await Promise.race([
    once(socket, 'open').then(() => 101),
    once(socket, 'unexpected-response').then(
      ([, response]) => (response as { statusCode: number }).statusCode,
    ),
  ]);
  socket.terminate();
  return status;
}

const port = () => new URL(app.url).port;
const FOREIGN: [string, () => string][] = [
  ['null', () => 'null'],
  ['nothing', () => ''],
  ['another host', () => 'http://evil.example'],
  ['another port', () => 'http://127.0.0.1:1'],
  ['no port', () => 'http://127.0.0.1'],
  ['another name of the host', () => `http://localhost:${port()}`],
  ['the host and more', () => `http://127.0.0.1:${port()}.evil.example`],
  ['the host as a user', () => `http://127.0.0.1:${port()}@evil.example`],
  ['a path', () => `http://127.0.0.1:${port()}/`],
  ['capitals', () => `HTTP://127.0.0.1:${port()}`],
  ['two', () => `http://127.0.0.1:${port()}, http://evil.example`],
  ['the scheme of a socket', () => `ws://127.0.0.1:${port()}`],
  ['a listed one by another scheme', () => 'http://app.example.org'],
  ['a listed one at another port', () => `${LISTED}:8443`],
  ['a listed one with its default port', () => `${LISTED}:443`],
  ['a listed one in capitals', () => 'https://APP.example.org'],
  ['a listed one with a dot', () => `${LISTED}.`],
  ['what is below a listed one', () => 'https://sub.app.example.org'],
  ['what ends like a listed one', () => 'https://notapp.example.org'],
];

describe.each(FOREIGN)('a page of another origin: %s', (_, make) => {
  it('opens no socket, whatever token it has', async () => {
    expect(await upgrade(app.url, { Origin: make() })).toBe(403);
    expect(
      await upgrade(app.url, { Origin: make(), Authorization: `Bearer ${ann.tokens.accessToken}` }),
    ).toBe(403);
  });

  it('gets nothing over REST, and no preflight', async () => {
    const headers = { Origin: make(), Authorization: `Bearer ${ann.tokens.accessToken}` };
    const answer = await ask('GET', '/v1/users/me', headers);
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('"forbidden"') });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    const preflight = await ask('OPTIONS', '/v1/users/me', {
      ...{ Origin: make(), 'Access-Control-Request-Method': 'GET' },
    });
    expect(preflight.status).toBe(403);
    expect(preflight.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('pages that are let in', () => {
  it('are those of the server itself, and listed ones', async () => {
    expect(await upgrade(app.url, { Origin: app.url })).toBe(101);
    expect(await upgrade(app.url, { Origin: LISTED })).toBe(101);
    expect(await upgrade(app.url, { Origin: 'capacitor://localhost' })).toBe(101);
    expect(await upgrade(app.url, { Origin: 'https://chat.example', Host: 'chat.example' })).toBe(101);
  });

  it('may read answers when they are listed, and take part in no cookie', async () => {
    const answer = await ask('GET', '/v1/users/me', {
      Origin: LISTED,
      Authorization: `Bearer ${ann.tokens.accessToken}`,
    });
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': LISTED, vary: expect.stringContaining('Origin') },
    });
    const preflight = await ask('OPTIONS', '/v1/messages', {
      ...{ Origin: LISTED, 'Access-Control-Request-Method': 'POST' },
      'Access-Control-Request-Headers': 'authorization,parley-session',
    });
    expect(preflight).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': LISTED,
        'access-control-allow-headers': 'Authorization, Content-Type',
      },
    });
    for (const { headers } of [answer, preflight])
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it('need no headers when they are the own', async () => {
    const answer = await ask('GET', '/v1/users/me', {
      Origin: app.url,
      Authorization: `Bearer ${ann.tokens.accessToken}`,
    });
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    expect(answer.headers['cache-control']).toBe('no-store');
  });
});

describe('a socket without an origin', () => {
  it('is that of an app or a server, and let in', async () => {
    expect(await upgrade(app.url, {})).toBe(101);
  });

  it('is refused where that is set', async () => {
    expect(await upgrade(strict.url, {})).toBe(403);
    expect(await upgrade(strict.url, { Origin: strict.url })).toBe(101);
  });
});

describe('headers', () => {
  it('let an answer of the API load nothing, and nobody frame it', async () => {
    for (const path of ['/v1/users/me', '/health/live', '/openapi.json', '/nowhere']) {
      const { headers } = await ask('GET', path, {});
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
    }
  });

  it('let the documents load their own files only', async () => {
    const { headers } = await ask('GET', '/docs', {});
    const policy = headers['content-security-policy'] as string;
    expect(policy.split(';').find((part) => part.startsWith('script-src'))).toBe("script-src 'self'");
    expect(policy).toContain("default-src 'none'");
  });
});
