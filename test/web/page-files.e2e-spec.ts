import { startApp, type TestApp } from '../support/start-app';

describe('the files of the chat page', () => {
  let app: TestApp;
  let index: string;

  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(app.url + path, { method, headers, redirect: 'manual' });

  beforeAll(async () => {
    app = await startApp();
    index = await (await get('/')).text();
  });
  afterAll(() => app.stop());

  const assets = () => [...index.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1]!);

  it('are its own script and style, and nothing within the page', () => {
    expect(assets()).toHaveLength(2);
    expect(index).not.toMatch(/<style|<script(?![^>]* src=)|style="|\son\w+=|https?:/);
  });

  it('come with a policy that lets nothing else in', async () => {
    const { headers } = await get('/');
    expect(headers.get('content-security-policy')!.split('; ').sort()).toEqual(
      [
        "base-uri 'none'",
        ...["connect-src 'self'", "default-src 'none'", "font-src 'self'", "form-action 'none'"],
        ...["frame-ancestors 'none'", "img-src 'self'", "manifest-src 'self'"],
        ...["require-trusted-types-for 'script'", "script-src 'self'", "style-src 'self'"],
        "trusted-types 'none'",
      ].sort(),
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-frame-options')).toBe('DENY');
  });

  it.each(['/', '/index.html', '/icon.svg', '/manifest.webmanifest'])(
    'are asked for again each time: %s',
    async (path) => {
      const first = await get(path);
      expect({ status: first.status, cache: first.headers.get('cache-control') }).toEqual({
        status: 200,
        cache: 'no-cache',
      });
      // As browsers ask; without it fetch would say that it wants no cached answer.
      const etag = { 'If-None-Match': first.headers.get('etag')!, 'Cache-Control': 'max-age=0' };
      const again = await get(path, etag);
      expect({ status: again.status, body: await again.text() }).toEqual({ status: 304, body: '' });
    },
  );

  it('are kept for good where their names have their contents', async () => {
    for (const path of assets()) {
      const { status, headers } = await get(path, { 'Accept-Encoding': 'gzip' });
      expect({ status, cache: headers.get('cache-control') }).toEqual({
        status: 200,
        cache: 'public, max-age=31536000, immutable',
      });
      expect(headers.get('content-encoding')).toBe('gzip');
      expect(headers.get('content-type')).toMatch(path.endsWith('.js') ? /javascript/ : /css/);
    }
  });

  it('answer HEAD without a body', async () => {
    const answer = await get('/', {}, 'HEAD');
    expect({ status: answer.status, body: await answer.text() }).toEqual({ status: 200, body: '' });
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  it.each([
    ['GET', '/nothing'],
    ['GET', '/assets/nothing.js'],
    ['GET', '/assets/../package.json'],
    ['GET', '/%2e%2e/package.json'],
    ['POST', '/'],
    ['DELETE', '/index.html'],
    ['GET', '/v1/nothing'],
  ])('are all that there is: %s %s', async (method, path) => {
    const answer = await get(path, {}, method);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect({ status: answer.status, body: await answer.json() }).toMatchObject({
      body: { error: { retryable: false } },
    });
    expect([401, 404]).toContain(answer.status);
  });
});

it('is not there where it is switched off', async () => {
  const app = await startApp({ WEB_PAGE: 'off' });
  try {
    const root = await fetch(`${app.url}/`, { redirect: 'manual' });
    expect({ status: root.status, to: root.headers.get('location') }).toEqual({ status: 302, to: '/docs' });
    expect((await fetch(`${app.url}/index.html`)).status).toBe(404);
  } finally {
    await app.stop();
  }
});
