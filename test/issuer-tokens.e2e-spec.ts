import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { exportSPKI, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { AccountDeletion } from '../src/users/account-deletion';
import { call, Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import { AUDIENCE, TestIssuer, type Who } from './support/test-issuer';
import { TestSocket } from './support/test-socket';
import { eventually } from './support/until';

const seconds = () => Math.floor(Date.now() / 1_000);

describe('tokens of an outside issuer', () => {
  let issuer: TestIssuer;
  let server: TestApp;

  beforeAll(async () => {
    issuer = await TestIssuer.start();
    server = await startApp(issuer.settings);
  });
  afterAll(async () => {
    await server.stop();
    await issuer.down();
  });

  const me = (token: string, url = server.url) => call(url, 'GET', '/v1/users/me', undefined, token);
  const somebody = (more: Who = {}): Who => ({ sub: randomUUID(), sid: randomUUID(), ...more });

  async function refusal(token: string): Promise<string> {
    const { body } = await me(token);
    await expect(TestSocket.open(server.url, token)).rejects.toThrow();
    return body.error?.code as string;
  }

  it('make somebody at first sight, and let them in by REST and socket', async () => {
    const name = `zoe${randomUUID().slice(0, 6)}`;
    const who = somebody({ preferred_username: `${name}@example.org`, name: 'Zoë Lee' });
    const token = await issuer.token(who);
    const first = await me(token);
    expect(first).toMatchObject({ status: 200, body: { username: name, displayName: 'Zoë Lee' } });
    const socket = await TestSocket.open(server.url, token);
    expect((await me(token)).body).toEqual(first.body);
    const ann = await Person.register(server.url);
    await ann.ok('POST', '/messages', { to: first.body.id, id: randomUUID(), text: 'hello' });
    await socket.next('message.created', ({ message }) => message.text === 'hello');
    await socket.close();
  });

  it('are taken as the first frame too', async () => {
    const socket = await TestSocket.open(server.url);
    expect(await socket.request('auth', { accessToken: await issuer.token(somebody()) })).toMatchObject({
      expiresIn: expect.any(Number),
    });
    await socket.close();
  });

  it('of one name get a suffix, and one subject one account', async () => {
    const name = `bo${randomUUID().slice(0, 6)}`;
    const [one, other] = [somebody({ preferred_username: name }), somebody({ preferred_username: name })];
    const first = (await me(await issuer.token(one))).body;
    const second = (await me(await issuer.token(other))).body;
    expect(first.username).toBe(name);
    expect(second.username).toMatch(new RegExp(`^${name}-[0-9a-f]{4}$`));
    expect((await me(await issuer.token({ ...one, sid: randomUUID() }))).body.id).toBe(first.id);
  });

  it('change names when the claims do, not when they are old or one was chosen here', async () => {
    const who = somebody({
      name: 'Ann',
      preferred_username: `ann${randomUUID().slice(0, 6)}`,
      iat: seconds() - 20,
    });
    const { id, username } = (await me(await issuer.token(who))).body;
    const token = await issuer.token({ ...who, name: 'Anna', iat: seconds() - 10 });
    expect((await me(token)).body).toMatchObject({ id, username, displayName: 'Anna' });
    expect(
      (await me(await issuer.token({ ...who, name: 'Old', iat: seconds() - 15 }))).body.displayName,
    ).toBe('Anna');
    await call(server.url, 'PATCH', '/v1/users/me', { displayName: 'Own' }, token);
    expect(
      (await me(await issuer.token({ ...who, name: 'Anna', iat: seconds() - 5 }))).body.displayName,
    ).toBe('Own');
    const renamed = await issuer.token({
      ...who,
      name: 'Anna',
      preferred_username: `${username}x`,
      iat: seconds(),
    });
    expect((await me(renamed)).body).toMatchObject({ id, username: `${username}x`, displayName: 'Own' });
    const ann = await Person.register(server.url);
    expect(await ann.ok('GET', `/users/${id}`)).toMatchObject({ username: `${username}x` });
  });

  it('are refused of somebody who has no subject, or none that can be kept', async () => {
    for (const sub of [undefined, '', 'x'.repeat(256), 'a\u0000b', ['a'], { a: 1 }])
      expect(await refusal(await issuer.token({ ...somebody(), sub } as Who))).toBe('unauthenticated');
  });

  const FORGED: [string, () => Promise<string>, string?][] = [
    ['without a signature', async () => unsecured()],
    [
      'with alg none and a signature',
      async () => withHeader(await issuer.token(somebody()), { alg: 'none' }),
    ],
    ['signed with the public key as a secret', () => confused()],
    ['of another issuer', () => issuer.token(somebody({ iss: 'https://else.example.org' }))],
    ['of an issuer with a slash more', () => issuer.token(somebody({ iss: `${issuer.url}/` }))],
    ['for another audience', () => issuer.token(somebody({ aud: 'https://else.example.org' }))],
    ['for nobody', () => issuer.token(somebody({ aud: [] }))],
    ['without an end', () => issuer.token(somebody({ exp: undefined as never }))],
    ['that has expired', () => issuer.token(somebody({ exp: seconds() - 40 })), 'token_expired'],
    ['that is not good yet', () => issuer.token(somebody({ nbf: seconds() + 60 }))],
    ['with a key that nobody knows', () => issuer.token(somebody(), { kid: randomUUID() })],
    ['with a key of an algorithm that is not taken', () => withAlgorithm('ES384')],
    ['that brings its key along', () => bringingKey()],
    ['that says where its key is', () => pointingElsewhere()],
    ['with a critical header that we do not know', () => critical()],
    ['with a changed claim', async () => tampered(await issuer.token(somebody()))],
    ['that is no token', async () => 'a.b.c'],
    ['longer than any', () => issuer.token(somebody({ x: 'x'.repeat(9_000) }))],
  ];
  it.each(FORGED)('are refused %s', async (_, make, code = 'unauthenticated') => {
    expect(await refusal(await make())).toBe(code);
  });

  it('are taken within the leeway, before and after their time', async () => {
    expect((await me(await issuer.token(somebody({ exp: seconds() - 10 })))).status).toBe(200);
    expect((await me(await issuer.token(somebody({ nbf: seconds() + 10 })))).status).toBe(200);
    expect((await me(await issuer.token(somebody({ aud: ['other', AUDIENCE] })))).status).toBe(200);
  });

  it('stand beside our own', async () => {
    const ann = await Person.register(server.url);
    expect((await ann.call('GET', '/users/me')).status).toBe(200);
    const body = { sub: randomUUID(), iss: 'parley', aud: 'parley', exp: seconds() + 60, sid: randomUUID() };
    expect(await refusal(await issuer.token(body, { typ: 'at+jwt' }))).toBe('unauthenticated');
  });

  it('have sessions: the issuer tells which, they are listed, and end', async () => {
    const who = somebody();
    const token = await issuer.token(who);
    const socket = await TestSocket.open(server.url, token);
    const list = async () =>
      (await call(server.url, 'GET', '/v1/auth/sessions', undefined, token)).body.items as { id: string }[];
    const other = await issuer.token({ ...who, sid: randomUUID() });
    await me(other);
    expect(await list()).toHaveLength(2);
    await me(await issuer.token({ ...who, jti: 'another token of the same session' }));
    expect(await list()).toHaveLength(2);
    await call(server.url, 'POST', '/v1/auth/logout', undefined, token);
    expect((await socket.closed).code).toBe(4409);
    // Also by a new token: the issuer has to begin a new session.
    for (const used of [token, await issuer.token({ ...who, jti: 'new' })])
      expect(await refusal(used)).toBe('session_revoked');
    expect((await me(other)).status).toBe(200);
  });

  it.each([
    ['one session', { sid: 'one' }, { sid: 'one' }],
    ['sessions of a token each', { jti: 'one' }, { jti: 'two' }],
    ['tokens without a name', {}, { extra: 1 }],
  ])('renew a connection in place: %s', async (_, first, second) => {
    const sub = randomUUID();
    const socket = await TestSocket.open(
      server.url,
      await issuer.token({ sub, ...first, exp: seconds() + 20 }),
    );
    await socket.next('session.ending');
    const next = await issuer.token({ sub, ...second });
    expect(await socket.request('auth.refresh', { accessToken: next })).toMatchObject({
      expiresIn: expect.any(Number),
    });
    const another = { accessToken: await issuer.token({ sub: randomUUID(), ...second }) };
    await expect(socket.request('auth.refresh', another)).rejects.toMatchObject({ code: 'forbidden' });
    const ann = await Person.register(server.url);
    await expect(
      socket.request('auth.refresh', { accessToken: ann.tokens.accessToken }),
    ).rejects.toMatchObject({ code: 'forbidden' });
    await call(server.url, 'POST', '/v1/auth/logout', undefined, next);
    expect((await socket.closed).code).toBe(4409);
  });

  it('end with a close that says to come with a new one', async () => {
    const socket = await TestSocket.open(server.url, await issuer.token(somebody({ exp: seconds() - 28 })));
    expect((await socket.closed).code).toBe(4401);
  });

  it('of a deleted account are refused, and make no other', async () => {
    const who = somebody();
    const token = await issuer.token(who);
    const { id } = (await me(token)).body;
    await server.app.get(AccountDeletion).run(id);
    expect(await refusal(token)).toBe('session_revoked');
    expect(await refusal(await issuer.token({ ...who, sid: randomUUID() }))).toBe('account_closed');
    const rows = await server.source.query('SELECT user_id FROM identity WHERE subject = $1', [who.sub]);
    expect(rows).toEqual([{ user_id: id }]);
  });

  async function unsecured(): Promise<string> {
    return new UnsecuredJWT({ ...somebody() })
      .setIssuer(issuer.url)
      .setAudience(AUDIENCE)
      .setExpirationTime('5m')
      .encode();
  }

  function withHeader(token: string, header: object): string {
    const [, payload, signature] = token.split('.');
    return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`;
  }

  async function confused(): Promise<string> {
    const { publicJwk, kid } = issuer.current;
    const pem = await exportSPKI((await importJWK({ ...publicJwk, ext: true }, 'RS256')) as never);
    const unsigned = withHeader(await issuer.token(somebody()), { alg: 'HS256', kid })
      .split('.')
      .slice(0, 2);
    const signature = createHmac('sha256', pem).update(unsigned.join('.')).digest('base64url');
    return [...unsigned, signature].join('.');
  }

  async function withAlgorithm(alg: string): Promise<string> {
    const other = await TestIssuer.start(alg);
    await other.down();
    return issuer.token(somebody(), {}, other.current);
  }

  async function bringingKey(): Promise<string> {
    const other = await TestIssuer.start();
    await other.down();
    const { publicJwk, privateKey } = other.current;
    const claims = { ...somebody(), iss: issuer.url, aud: AUDIENCE, exp: seconds() + 60 };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: issuer.current.kid, jwk: publicJwk })
      .sign(privateKey);
  }

  async function pointingElsewhere(): Promise<string> {
    const other = await TestIssuer.start();
    try {
      const kid = other.current.kid;
      const header = { kid, jku: `${other.url}/keys`, x5u: `${other.url}/keys` };
      const token = await issuer.token(somebody(), header, other.current);
      expect((await me(token)).status).toBe(401);
      expect(other.reads).toBe(0);
      return token;
    } finally {
      await other.down();
    }
  }

  function critical(): Promise<string> {
    const claims = { ...somebody(), iss: issuer.url, aud: AUDIENCE, exp: seconds() + 60 };
    const { kid, privateKey } = issuer.current;
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid, crit: ['exp'], exp: 1 })
      .sign(privateKey, { crit: { exp: true } });
  }

  function tampered(token: string): string {
    const [header, payload = '', signature] = token.split('.');
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'another' };
    return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
  }
});

describe('the keys of an issuer', () => {
  let issuer: TestIssuer;
  let server: TestApp | undefined;

  beforeEach(async () => {
    issuer = await TestIssuer.start();
  });
  afterEach(async () => {
    await server?.stop();
    await issuer.down();
  });

  const start = async (settings: Record<string, string> = {}) => {
    server = await startApp({ ...issuer.settings, ...settings });
    return server.url;
  };
  const status = async (url: string, token: string) =>
    (await call(url, 'GET', '/v1/users/me', undefined, token)).status;
  const enter = async (url: string) => status(url, await issuer.token({ sub: randomUUID() }));

  it('are read once for all who come at the same time', async () => {
    const url = await start();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => issuer.token({ sub: randomUUID() })));
    expect(new Set(await Promise.all(tokens.map((token) => status(url, token))))).toEqual(new Set([200]));
    expect(issuer.reads).toBe(1);
  });

  it('may be new: they are read again, but not for whoever invents one', async () => {
    const url = await start();
    expect(await enter(url)).toBe(200);
    await issuer.rotate();
    await eventually(async () => (await enter(url)) === 200);
    const reads = issuer.reads;
    const invented = () => issuer.token({ sub: randomUUID() }, { kid: randomUUID() });
    const began = performance.now();
    for (let i = 0; i < 30; i++) expect(await status(url, await invented())).toBe(401);
    expect(issuer.reads - reads).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - began) / 1_000));
  });

  it('that were taken back are good no more, also for tokens that are known', async () => {
    const url = await start({ OIDC_KEYS_REFRESH: '1' });
    const token = await issuer.token({ sub: randomUUID() });
    expect(await status(url, token)).toBe(200);
    await issuer.rotate({ drop: true });
    await eventually(async () => (await status(url, token)) === 401);
    await eventually(async () => (await enter(url)) === 200);
  });

  it('go on while the issuer is away, up to a bound; then nobody is let in, until it is back', async () => {
    const url = await start({ OIDC_KEYS_REFRESH: '1', OIDC_KEYS_MAX_AGE: '4' });
    const known = await issuer.token({ sub: randomUUID() });
    expect(await status(url, known)).toBe(200);
    await issuer.down();
    expect(await enter(url)).toBe(200);
    await eventually(async () => (await enter(url)) === 503);
    expect(await status(url, known)).toBe(503);
    await issuer.up();
    await eventually(async () => (await status(url, known)) === 200);
    expect(await enter(url)).toBe(200);
  });

  it('that nobody could read yet keep everybody out with a reason to come back', async () => {
    await issuer.down();
    const url = await start();
    expect(await enter(url)).toBe(503);
    await issuer.up();
    await eventually(async () => (await enter(url)) === 200);
  });

  it('are not taken from where another issuer says', async () => {
    const stranger = createServer((_, response) =>
      response.end(JSON.stringify({ issuer: 'https://else.example.org', jwks_uri: `${issuer.url}/keys` })),
    ).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    const base = await start({ OIDC_ISSUER: url });
    expect(await status(base, await issuer.token({ sub: 'ann', iss: url }))).toBe(503);
    expect(issuer.reads).toBe(0);
    stranger.close();
  });

  it.each(['PS256', 'ES256', 'EdDSA'])('may be of %s', async (alg) => {
    await issuer.rotate({ alg, drop: true });
    const url = await start({ OIDC_ALGORITHMS: `${alg},RS512`, OIDC_JWKS_URL: `${issuer.url}/keys` });
    expect(await enter(url)).toBe(200);
  });
});

describe('with sign-in elsewhere only', () => {
  let issuer: TestIssuer;
  let server: TestApp;

  beforeAll(async () => {
    issuer = await TestIssuer.start();
    server = await startApp({ ...issuer.settings, PASSWORDS: '0' });
  });
  afterAll(async () => {
    await server.stop();
    await issuer.down();
  });

  it('nobody registers or logs in here', async () => {
    const account = { username: 'ann', password: 'correct horse battery', displayName: 'Ann' };
    const registered = await call(server.url, 'POST', '/v1/auth/register', account);
    expect(registered).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
    const { username, password } = account;
    const login = await call(server.url, 'POST', '/v1/auth/login', { username, password });
    expect(login).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
    const token = await issuer.token({ sub: 'ann' });
    expect((await call(server.url, 'GET', '/v1/users/me', undefined, token)).status).toBe(200);
  });
});
