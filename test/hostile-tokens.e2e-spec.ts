import { createHmac, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK, exportSPKI, SignJWT } from 'jose';
import { SIGNING_KEY } from '../src/auth/signing-key';
import { call, Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import { TestSocket } from './support/test-socket';

let server: TestApp;
let ann: Person;
let key: KeyObject;

beforeAll(async () => {
  server = await startApp();
  ann = await Person.register(server.url);
  key = server.app.get<KeyObject>(SIGNING_KEY);
});
afterAll(() => server.stop());

const now = () => Math.floor(Date.now() / 1_000);
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function claims(changes: Record<string, unknown> = {}) {
  const { sessionId, user } = ann.tokens;
  const good = { sub: user.id, sid: sessionId, iss: 'parley', aud: 'parley', iat: now(), exp: now() + 600 };
  return { ...good, ...changes };
}

/** Signed with the server's own secret, whatever it says. */
function signed(header: object, payload: object = claims(), secret: KeyObject | string = key): string {
  const text = `${base64(header)}.${base64(payload)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

const own = { alg: 'HS256', typ: 'at+jwt' };
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });

async function ofRsa(header: object): Promise<string> {
  return new SignJWT(claims())
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', ...header })
    .sign(rsa.privateKey);
}

const cases: [what: string, make: () => string | Promise<string>, code?: string][] = [
  ['that is not signed', () => `${base64({ alg: 'none', typ: 'at+jwt' })}.${base64(claims())}.`],
  ['of alg nOnE', () => signed({ alg: 'nOnE', typ: 'at+jwt' })],
  ['without alg', () => signed({ typ: 'at+jwt' })],
  ['with a list of algs', () => signed({ alg: ['HS256'], typ: 'at+jwt' })],
  ['of two parts', () => signed(own).split('.').slice(0, 2).join('.')],
  ['of four parts', () => `${signed(own)}.x`],
  ['whose signature is empty', () => signed(own).replace(/[^.]+$/, '')],
  ['whose signature is padded', () => `${signed(own)}=`],
  [
    'whose signature is of another',
    () => signed(own).replace(/[^.]+$/, signed(own, claims({ exp: 1 })).split('.')[2]!),
  ],
  ['signed with nothing', () => signed(own, claims(), '')],
  ['signed with its own header', () => signed(own, claims(), createSecretKey(Buffer.from(base64(own))))],
  ['signed with HS256 by a public key', async () => signed(own, claims(), await exportSPKI(rsa.publicKey))],
  ['of RS256', () => ofRsa({})],
  ['that says RS256 and is signed by the secret', () => signed({ ...own, alg: 'RS256' })],
  ['that brings its key', async () => ofRsa({ jwk: await exportJWK(rsa.publicKey) })],
  ['that says where its key is', () => ofRsa({ jku: 'http://127.0.0.1:1/keys', kid: 'x' })],
  ['that says where its certificate is', () => ofRsa({ x5u: 'http://127.0.0.1:1/cert', x5c: ['AA=='] })],
  ['with a kid that is a path', () => signed({ ...own, kid: '../../dev/null' }, claims(), '')],
  ['with a kid that is SQL', () => signed({ ...own, kid: "' UNION SELECT 'x" })],
  ['with what must be understood', () => signed({ ...own, crit: ['b64'], b64: false })],
  ['of another kind', () => signed({ ...own, typ: 'JWT' })],
  ['of another issuer', () => signed(own, claims({ iss: 'else' }))],
  ['for somebody else', () => signed(own, claims({ aud: 'else' }))],
  ['for several', () => signed(own, claims({ aud: ['parley', 'else'] }))],
  ['not yet good', () => signed(own, claims({ nbf: now() + 60 }))],
  ['good from a time that is none', () => signed(own, claims({ nbf: 'soon' }))],
  ['without an end', () => signed(own, claims({ exp: undefined }))],
  ['whose end is a text', () => signed(own, claims({ exp: String(now() + 600) }))],
  ['without a session', () => signed(own, claims({ sid: undefined }))],
  ['of a session that is an object', () => signed(own, claims({ sid: { $ne: null } }))],
  ['of nobody', () => signed(own, claims({ sub: null }))],
  ['that has expired', () => signed(own, claims({ exp: now() - 1 })), 'token_expired'],
  ['that is a refresh token', () => ann.tokens.refreshToken],
  ['that is a session id', () => ann.tokens.sessionId],
  ['of 2,000 dots', () => '.'.repeat(2_000)],
];

describe.each(cases)('a token %s', (_, make, code = 'unauthenticated') => {
  it('is refused by every door', async () => {
    const token = await make();
    const answer = await call(server.url, 'GET', '/v1/users/me', undefined, token);
    expect(answer).toMatchObject({ status: 401, body: { error: { code } } });
    await expect(TestSocket.open(server.url, token)).rejects.toThrow('401');
    const [stranger, socket] = [await TestSocket.open(server.url), await ann.connect()];
    await expect(stranger.request('auth', { accessToken: token })).rejects.toMatchObject({ code });
    await expect(socket.request('auth.refresh', { accessToken: token })).rejects.toMatchObject({ code });
    await Promise.all([stranger.close(), ann.disconnect()]);
  });
});

it('a token as it should be is taken, which the others differ from', async () => {
  const token = signed(own, claims({ nbf: now() }));
  expect((await call(server.url, 'GET', '/v1/users/me', undefined, token)).status).toBe(200);
});

it.each(['Basic', 'bearer', 'Bearer x, Bearer', 'Token'])(
  '%s is no way to show one but bearer',
  async (scheme) => {
    const headers = { Authorization: `${scheme} ${ann.tokens.accessToken}` };
    const { status } = await fetch(`${server.url}/v1/users/me`, { headers });
    expect(status).toBe(scheme === 'bearer' ? 200 : 401);
  },
);

describe('a refresh token', () => {
  const refresh = (refreshToken: unknown) => call(server.url, 'POST', '/v1/auth/refresh', { refreshToken });

  it('is no access token, nor the other way round', async () => {
    const { status, body } = await refresh(ann.tokens.accessToken);
    expect([status, body.error.code]).toEqual([401, 'unauthenticated']);
  });

  it('that was used long ago ends what the thief has', async () => {
    const victim = await Person.register(server.url);
    const stolen = victim.tokens.refreshToken;
    const thief = (await refresh(stolen)).body;
    const next = (await refresh(thief.refreshToken)).body;
    expect((await refresh(stolen)).body.error.code).toBe('session_revoked');
    for (const token of [thief.accessToken, next.accessToken, victim.tokens.accessToken]) {
      const { body } = await call(server.url, 'GET', '/v1/users/me', undefined, token);
      expect(body.error.code).toBe('session_revoked');
    }
    expect((await refresh(next.refreshToken)).body.error.code).toBe('session_revoked');
  });

  it('of one session is none of another', async () => {
    const other = await ann.login();
    const [id] = ann.tokens.refreshToken.split('.');
    const mixed = other.tokens.refreshToken.replace(/^[^.]+/, id!);
    expect((await refresh(mixed)).body.error.code).toBe('unauthenticated');
    expect((await ann.call('GET', '/users/me')).status).toBe(200);
  });
});
