import { randomUUID } from 'node:crypto';
import { PASSWORD } from './support/person';
import { startApp, type TestApp } from './support/start-app';

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ ALLOWED_ORIGINS: 'https://app.example.org', REFRESH_TOKEN_TTL: '3600' });
});
afterAll(() => app.stop());

interface Asked {
  origin?: string | null;
  mode?: string | null;
  cookie?: string;
  token?: string;
}

/** As the page asks, but for what a test changes. */
async function post(
  path: string,
  body: unknown,
  { origin = app.url, mode = 'cookie', cookie, token }: Asked = {},
) {
  const response = await fetch(`${app.url}/v1/auth/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: {
      'Content-Type': 'application/json',
      ...(origin !== null && { Origin: origin }),
      ...(mode !== null && { 'Parley-Session': mode }),
      ...(cookie && { Cookie: cookie }),
      ...(token && { Authorization: `Bearer ${token}` }),
    },
  });
  const text = await response.text();
  const set = response.headers.getSetCookie();
  return {
    status: response.status,
    body: text === '' ? undefined : JSON.parse(text),
    set,
    cookie: set[0]?.split(';')[0] ?? '',
  };
}

const newcomer = () => ({
  username: `ann-${randomUUID().slice(0, 8)}`,
  password: PASSWORD,
  displayName: 'Ann',
});

describe('a session in a cookie', () => {
  it('has its refresh token there, and not in the answer', async () => {
    const credentials = newcomer();
    const registered = await post('register', credentials);
    expect(registered.status).toBe(201);
    const loggedIn = await post('login', { username: credentials.username, password: PASSWORD });
    const refreshed = await post('refresh', {}, { cookie: loggedIn.cookie });
    for (const { body, set } of [registered, loggedIn, refreshed]) {
      expect(body).toEqual({
        ...{ accessToken: expect.any(String), expiresIn: 900, sessionId: expect.any(String) },
        user: expect.objectContaining({ username: credentials.username }),
      });
      expect(set).toEqual([
        expect.stringMatching(
          /^parley=[\w.-]+; Max-Age=3600; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
        ),
      ]);
    }
    expect(refreshed.cookie).not.toBe(loggedIn.cookie);
  });

  it('is for TLS only where the page came by TLS', async () => {
    const origin = app.url.replace('http:', 'https:');
    const { set, cookie } = await post('register', newcomer(), { origin });
    expect(set[0]).toMatch(
      /^__Host-parley=[^;]+; Max-Age=3600; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect((await post('refresh', {}, { origin, cookie })).status).toBe(200);
    // Taken in the clear it is not good.
    expect((await post('refresh', {}, { cookie })).status).toBe(401);
  });

  it('outlives a lost answer and two tabs', async () => {
    const { cookie } = await post('register', newcomer());
    const [one, two] = await Promise.all([post('refresh', {}, { cookie }), post('refresh', {}, { cookie })]);
    expect([one.status, two.status]).toEqual([200, 200]);
    expect(two.cookie).toBe(one.cookie);
    expect((await post('refresh', {}, { cookie: one.cookie })).status).toBe(200);
  });

  it('takes over from a token that the page kept itself', async () => {
    const { body } = await post('register', newcomer(), { mode: null });
    const moved = await post('refresh', { refreshToken: body.refreshToken });
    expect(moved.body).not.toHaveProperty('refreshToken');
    expect((await post('refresh', {}, { cookie: moved.cookie })).status).toBe(200);
  });

  it('goes when the session is ended, and only with its own', async () => {
    const { username, ...rest } = newcomer();
    const first = await post('register', { username, ...rest });
    const second = await post('login', { username, password: PASSWORD });
    const stranger = await post('logout', {}, { token: first.body.accessToken, cookie: second.cookie });
    expect(stranger).toMatchObject({ status: 204, set: [] });
    const own = await post('logout', {}, { token: second.body.accessToken, cookie: second.cookie });
    expect(own.status).toBe(204);
    expect(own.set).toEqual([expect.stringMatching(/^parley=; .*Expires=Thu, 01 Jan 1970/)]);
    expect((await post('refresh', {}, { cookie: second.cookie })).body.error.code).toBe('session_revoked');
  });
});

describe('a foreign page', () => {
  it.each<[string, Asked, number]>([
    ['with no word of a cookie', { mode: null }, 401],
    ['with another word', { mode: 'yes' }, 400],
    ['of another origin', { origin: 'https://evil.example' }, 403],
    ['that is listed', { origin: 'https://app.example.org' }, 403],
    ['of no origin', { origin: 'null' }, 403],
    ['that does not say which', { origin: null }, 403],
  ])('gets nothing by the cookie: %s', async (_, asked, status) => {
    const { cookie } = await post('register', newcomer());
    const refused = await post('refresh', {}, { ...asked, cookie });
    expect(refused).toMatchObject({ status, set: [] });
    // It did not even count as a use.
    expect((await post('refresh', {}, { cookie })).status).toBe(200);
  });

  it.each(['login', 'register'])('logs nobody in by %s', async (path) => {
    const refused = await post(path, newcomer(), { origin: 'https://evil.example' });
    expect(refused).toMatchObject({ status: 403, set: [] });
  });

  it('acts for nobody by a cookie alone', async () => {
    const { cookie } = await post('register', newcomer());
    for (const asked of [{ cookie }, { cookie, mode: null }])
      expect((await post('logout', {}, asked)).status).toBe(401);
    const { status } = await fetch(`${app.url}/v1/users/me`, {
      headers: { Cookie: cookie, Origin: app.url },
    });
    expect(status).toBe(401);
  });
});

describe('clients that are no pages', () => {
  it('get and give refresh tokens in the body', async () => {
    const { body, set } = await post('register', newcomer(), { origin: null, mode: null });
    expect(set).toEqual([]);
    const again = await post('refresh', { refreshToken: body.refreshToken }, { origin: null, mode: null });
    expect(again).toMatchObject({ status: 200, set: [], body: { refreshToken: expect.any(String) } });
  });
});
