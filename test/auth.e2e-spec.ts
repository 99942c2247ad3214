import { type KeyObject, randomUUID } from 'node:crypto';
import type { Tokens } from '@parley/protocol';
import { SIGNING_KEY } from '../src/auth/signing-key';
import { TokenService } from '../src/auth/token.service';
import { SystemClock } from '../src/common/clock';
import { AccountDeletion } from '../src/users/account-deletion';
import { call, PASSWORD, Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import { TestSocket } from './support/test-socket';

let server: TestApp;

beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.stop());

const post = (path: string, body: unknown, token?: string) =>
  call(server.url, 'POST', `/v1/auth/${path}`, body, token);
const refresh = (refreshToken: string) => post('refresh', { refreshToken });
const me = (token: string) => call(server.url, 'GET', '/v1/users/me', undefined, token);
const sql = (query: string, ...parameters: unknown[]) => server.source.query(query, parameters);

async function login(person: Person, device: object = {}): Promise<Tokens> {
  const answer = await post('login', { username: person.username, password: PASSWORD, ...device });
  expect(answer.status).toBe(200);
  return answer.body;
}

describe('registration', () => {
  it('makes an account and logs in', async () => {
    const username = `New.Name-${randomUUID().slice(0, 4)}`;
    const { status, body } = await post('register', { username, password: PASSWORD, displayName: 'New' });
    expect(status).toBe(201);
    expect(body.user).toMatchObject({ username: username.toLowerCase(), displayName: 'New', deleted: false });
    expect(body.expiresIn).toBe(900);
    expect((await me(body.accessToken)).body).toEqual(body.user);
  });

  it('gives a name to one of many who want it at once, however they write it', async () => {
    const names = ['wanted', 'WANTED', 'Wanted', 'wanteD'];
    const answers = await Promise.all(
      names.map((username) => post('register', { username, password: PASSWORD, displayName: 'x' })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.error.code).toBe('username_taken');
    expect(
      await sql(
        'SELECT count(*)::int AS n FROM session s JOIN "user" u ON u.id = s.user_id WHERE username = $1',
        'wanted',
      ),
    ).toEqual([{ n: 1 }]);
  });

  it.each([
    ['a short name', { username: 'ab' }],
    ['a name that begins with a dot', { username: '.abc' }],
    ['a name with a line end', { username: 'abcd\n' }],
    ['a long name', { username: 'a'.repeat(33) }],
    ['a name that is no text', { username: ['abcd'] }],
    ['a short password', { password: 'seven77' }],
    ['a long password', { password: 'x'.repeat(257) }],
    ['an empty display name', { displayName: ' ' }],
    ['a display name that is longer than it looks', { displayName: '❤️'.repeat(64) }],
    ['a device that is no UUID', { deviceId: 'phone' }],
    ['what it does not know', { admin: true }],
  ])('refuses %s', async (_, wrong) => {
    const answer = await post('register', {
      username: 'fine-name',
      password: PASSWORD,
      displayName: 'x',
      ...wrong,
    });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'payload_invalid' } } });
  });
});

describe('log-in', () => {
  it('says the same of a wrong password and an unknown user', async () => {
    const person = await Person.register(server.url);
    const wrong = await post('login', { username: person.username, password: 'not the password' });
    const unknown = await post('login', { username: 'nobody-here', password: 'not the password' });
    expect(wrong.body).toEqual(unknown.body);
    expect(wrong).toMatchObject({ status: 401, body: { error: { code: 'credentials_invalid' } } });
    const nul = await post('login', { username: 'a\u0000b', password: PASSWORD });
    expect(nul).toMatchObject({ status: 400, body: { error: { code: 'text_invalid' } } });
  });

  it('ends the session before on the same device, also when both come at once', async () => {
    const person = await Person.register(server.url);
    const deviceId = randomUUID();
    const first = await login(person, { deviceId });
    const socket = await TestSocket.open(server.url, first.accessToken);
    await Promise.all([login(person, { deviceId }), login(person, { deviceId: deviceId.toUpperCase() })]);
    expect(await socket.closed).toEqual({ code: 4409, reason: 'session_revoked' });
    expect((await me(first.accessToken)).body.error.code).toBe('session_revoked');
    const { items } = await person.ok('GET', '/auth/sessions');
    expect(items).toHaveLength(2);
  });

  it('keeps a hundred sessions of one person, and ends the least used', async () => {
    const person = await Person.register(server.url);
    await sql(
      `INSERT INTO session (id, user_id, refresh_hash, expires_at, rotated_at)
       SELECT gen_random_uuid(), $1, '', now() + interval '1 day', now() - interval '1 hour' - n * interval '1 minute'
       FROM generate_series(1, 99) n`,
      person.id,
    );
    await login(person);
    expect((await person.ok('GET', '/auth/sessions')).items).toHaveLength(100);
    expect((await person.call('GET', '/users/me')).status).toBe(200);
  });
});

describe('refreshing', () => {
  it('replaces the token, and yields the same once more to who missed it', async () => {
    const { tokens } = await Person.register(server.url);
    const [one, two] = await Promise.all([refresh(tokens.refreshToken), refresh(tokens.refreshToken)]);
    expect(one.status).toBe(200);
    expect(one.body.refreshToken).not.toBe(tokens.refreshToken);
    expect(two.body.refreshToken).toBe(one.body.refreshToken);
    expect(one.body).toMatchObject({ sessionId: tokens.sessionId, user: tokens.user });
    expect((await me(one.body.accessToken)).status).toBe(200);
    expect((await refresh(one.body.refreshToken)).status).toBe(200);
  });

  it('ends the session when a token comes again that was replaced twice', async () => {
    const { tokens } = await Person.register(server.url);
    const socket = await TestSocket.open(server.url, tokens.accessToken);
    const second = (await refresh(tokens.refreshToken)).body;
    const third = (await refresh(second.refreshToken)).body;
    expect((await refresh(tokens.refreshToken)).body.error.code).toBe('session_revoked');
    expect(await socket.closed).toMatchObject({ code: 4409 });
    expect((await refresh(third.refreshToken)).body.error.code).toBe('session_revoked');
    expect((await me(third.accessToken)).body.error.code).toBe('session_revoked');
  });

  it('ends the session when a replaced token comes after the grace', async () => {
    const { tokens } = await Person.register(server.url);
    await refresh(tokens.refreshToken);
    await sql(
      `UPDATE session SET rotated_at = now() - interval '31 seconds' WHERE id = $1`,
      tokens.sessionId,
    );
    expect((await refresh(tokens.refreshToken)).body.error.code).toBe('session_revoked');
    expect((await me(tokens.accessToken)).body.error.code).toBe('session_revoked');
  });

  it('moves the end of the session, and knows when it is over', async () => {
    const { tokens } = await Person.register(server.url);
    await sql(`UPDATE session SET expires_at = now() + interval '1 minute' WHERE id = $1`, tokens.sessionId);
    const next = (await refresh(tokens.refreshToken)).body;
    const [row] = await sql(
      `SELECT expires_at > now() + interval '59 days' AS moved FROM session WHERE id = $1`,
      tokens.sessionId,
    );
    expect(row.moved).toBe(true);
    await sql(`UPDATE session SET expires_at = now() WHERE id = $1`, tokens.sessionId);
    expect((await refresh(next.refreshToken)).body.error.code).toBe('session_revoked');
  });

  it('refuses what is no refresh token, and leaves the session alone', async () => {
    const { tokens } = await Person.register(server.url);
    for (const forged of [
      '',
      'x',
      `${tokens.sessionId}.a.b`,
      tokens.accessToken,
      `${tokens.refreshToken}x`,
    ]) {
      expect((await refresh(forged)).body.error.code).toBe('unauthenticated');
    }
    expect((await refresh(tokens.refreshToken)).status).toBe(200);
  });
});

describe('sessions', () => {
  it('lists them, and ends one at once, with its sockets', async () => {
    const person = await Person.register(server.url);
    const other = await login(person, { deviceName: 'Old phone' });
    const socket = await TestSocket.open(server.url, other.accessToken);
    const { items } = await person.ok('GET', '/auth/sessions');
    expect(items).toEqual([
      expect.objectContaining({ id: other.sessionId, deviceName: 'Old phone', current: false }),
      expect.objectContaining({ id: person.tokens.sessionId, deviceName: null, current: true }),
    ]);
    await person.ok('DELETE', `/auth/sessions/${other.sessionId}`);
    expect(await socket.closed).toMatchObject({ code: 4409 });
    expect((await refresh(other.refreshToken)).body.error.code).toBe('session_revoked');
    await expect(TestSocket.open(server.url, other.accessToken)).rejects.toThrow('401');
    expect(await person.error('DELETE', `/auth/sessions/${other.sessionId}`)).toMatchObject({
      status: 404,
      code: 'session_not_found',
    });
  });

  it('belong to one person only', async () => {
    const [ann, eve] = [await Person.register(server.url), await Person.register(server.url, 'eve')];
    expect(await eve.error('DELETE', `/auth/sessions/${ann.tokens.sessionId}`)).toMatchObject({
      status: 404,
    });
    expect((await ann.call('GET', '/users/me')).status).toBe(200);
  });

  it('end by log-out', async () => {
    const person = await Person.register(server.url);
    const socket = await person.connect();
    await person.ok('POST', '/auth/logout');
    expect(await socket.closed).toMatchObject({ code: 4409 });
    expect(await person.error('GET', '/users/me')).toMatchObject({ status: 401, code: 'session_revoked' });
  });

  it('that another node revoked end here within a second', async () => {
    const person = await Person.register(server.url);
    const socket = await person.connect();
    const revokedAt = Date.now();
    await sql('UPDATE session SET revoked_at = clock_timestamp() WHERE id = $1', person.tokens.sessionId);
    expect(await socket.closed).toMatchObject({ code: 4409 });
    expect(Date.now() - revokedAt).toBeLessThan(1_000);
    expect(await person.error('GET', '/users/me')).toMatchObject({ code: 'session_revoked' });
  });
});

describe('changing the password', () => {
  it('ends the other sessions and keeps this one', async () => {
    const person = await Person.register(server.url);
    const other = await login(person);
    const socket = await TestSocket.open(server.url, other.accessToken);
    const change = { currentPassword: PASSWORD, newPassword: 'another battery' };
    await person.ok('POST', '/auth/password', change);
    expect(await socket.closed).toMatchObject({ code: 4409 });
    expect((await person.call('GET', '/users/me')).status).toBe(200);
    expect((await refresh(person.tokens.refreshToken)).status).toBe(200);
    expect(await person.error('POST', '/auth/password', change)).toMatchObject({
      code: 'credentials_invalid',
    });
    const credentials = { username: person.username, password: PASSWORD };
    expect((await post('login', credentials)).status).toBe(401);
    expect((await post('login', { ...credentials, password: 'another battery' })).status).toBe(200);
  });
});

describe('the socket', () => {
  it('goes on with a newer token of the same session only', async () => {
    const [ann, eve] = [await Person.register(server.url), await Person.register(server.url, 'eve')];
    const socket = await ann.connect();
    const { accessToken } = (await refresh(ann.tokens.refreshToken)).body;
    expect(await socket.request('auth.refresh', { accessToken })).toEqual({ expiresIn: expect.any(Number) });
    const wrong: [unknown, string][] = [
      [eve.tokens.accessToken, 'forbidden'],
      [(await login(ann)).accessToken, 'forbidden'],
      ['nonsense', 'unauthenticated'],
      [7, 'payload_invalid'],
    ];
    for (const [token, code] of wrong) {
      await expect(socket.request('auth.refresh', { accessToken: token })).rejects.toMatchObject({ code });
    }
    await socket.settle();
    await ann.disconnect();
  });

  it('is warned when its token runs out, renewed in place, or closed', async () => {
    const short = await startApp({ ACCESS_TOKEN_TTL: '5' });
    const person = await Person.register(short.url);
    const [renewed, left] = [await person.connect(), await person.connect()];
    expect((await renewed.next('session.ending')).expiresIn).toBeLessThanOrEqual(5);
    await left.next('session.ending');
    // A second later, or the newer token ends when the old one does.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const { body } = await call(short.url, 'POST', '/v1/auth/refresh', {
      refreshToken: person.tokens.refreshToken,
    });
    await renewed.request('auth.refresh', { accessToken: body.accessToken });
    expect(await left.closed).toEqual({ code: 4401, reason: 'token_invalid' });
    expect(await person.error('GET', '/users/me')).toMatchObject({ status: 401, code: 'token_expired' });
    await renewed.settle();
    expect((await renewed.closed).code).toBe(4401);
    await short.stop();
  });
});

describe('deleting the account', () => {
  it('takes the password', async () => {
    const person = await Person.register(server.url);
    expect(await person.error('DELETE', '/users/me', { password: 'not the password' })).toMatchObject({
      code: 'credentials_invalid',
    });
    expect(await person.error('DELETE', '/users/me')).toMatchObject({ code: 'payload_invalid' });
    expect((await person.call('GET', '/users/me')).status).toBe(200);
  });

  it('ends sessions, names, contacts and groups', async () => {
    const { ann, bob } = await Person.registerAll(server.url, 'ann', 'bob');
    await ann.ok('PUT', `/contacts/${bob.id}`, { action: 'request' });
    await bob.ok('PUT', `/contacts/${ann.id}`, { action: 'accept' });
    const { conversation } = await bob.ok('POST', '/conversations', {
      kind: 'group',
      title: 'G',
      memberIds: [ann.id],
    });
    const [anns, bobs] = [await ann.connect(), await bob.connect()];
    await ann.ok('DELETE', '/users/me', { password: PASSWORD });

    expect(await anns.closed).toMatchObject({ code: 4409 });
    expect(await bobs.next('contact.changed')).toEqual({ userId: ann.id, state: 'none' });
    await bobs.next('member.changed', ({ changes }) =>
      changes.some((c) => c.userId === ann.id && c.role === null),
    );
    expect(await bob.ok('GET', '/contacts')).toEqual({ items: [], cursor: null });
    expect(await bob.ok('GET', `/users/${ann.id}`)).toEqual({
      id: ann.id,
      username: '',
      displayName: 'Deleted user',
      deleted: true,
    });
    expect((await bob.ok('GET', `/conversations/${conversation.id}/members`)).items).toHaveLength(1);
    expect((await bob.ok('GET', `/users?query=${ann.username}`)).items).toEqual([]);
    expect((await bob.ok('GET', '/users?query=Deleted')).items).toEqual([]);
    expect((await refresh(ann.tokens.refreshToken)).body.error.code).toBe('session_revoked');
    expect((await post('login', { username: ann.username, password: PASSWORD })).status).toBe(401);
    for (const action of ['request', 'block']) {
      expect(await bob.error('PUT', `/contacts/${ann.id}`, { action })).toMatchObject({
        code: 'user_not_found',
      });
    }
    const again = await post('register', { username: ann.username, password: PASSWORD, displayName: 'Heir' });
    expect(again.status).toBe(201);
    await bob.disconnect();
  });

  it('is taken up again by the next start when it stopped half way', async () => {
    const { ann } = await Person.registerAll(server.url, 'ann');
    await sql(`UPDATE "user" SET deletion_started_at = now() - interval '1 hour' WHERE id = $1`, ann.id);
    expect((await post('login', { username: ann.username, password: PASSWORD })).status).toBe(401);
    expect((await refresh(ann.tokens.refreshToken)).body.error.code).toBe('session_revoked');
    const deletion = server.app.get(AccountDeletion);
    deletion.onApplicationBootstrap();
    await deletion['resumed'];
    const [row] = await sql('SELECT username, password_hash, deleted_at FROM "user" WHERE id = $1', ann.id);
    expect(row).toEqual({ username: null, password_hash: null, deleted_at: expect.any(Date) });
  });
});

describe('tokens', () => {
  it('can be made in bulk for sessions that exist or not', async () => {
    const person = await Person.register(server.url);
    const { accessToken } = await server.app
      .get(TokenService)
      .mint({ userId: person.id, sessionId: randomUUID() });
    expect((await me(accessToken)).body.id).toBe(person.id);
  });

  it('that outlive the memory of revocations are held against the database', async () => {
    const person = await Person.register(server.url);
    const key: KeyObject = server.app.get(SIGNING_KEY);
    const maker = new TokenService(key, { accessTokenSeconds: 86_400 }, new SystemClock());
    const { accessToken } = await maker.mint({ userId: person.id, sessionId: person.tokens.sessionId });
    expect((await me(accessToken)).body.id).toBe(person.id);
    await sql(
      `UPDATE session SET revoked_at = now() - interval '2 hours' WHERE id = $1`,
      person.tokens.sessionId,
    );
    expect((await me(accessToken)).body.error.code).toBe('session_revoked');
  });

  it('of that kind that come together are judged each for itself', async () => {
    const person = await Person.register(server.url);
    const key: KeyObject = server.app.get(SIGNING_KEY);
    const maker = new TokenService(key, { accessTokenSeconds: 86_400 }, new SystemClock());
    const isGood = Array.from({ length: 20 }, (_, i) => i % 3 === 0);
    const answers = isGood.map(async (good) => {
      const sessionId = good ? person.tokens.sessionId : randomUUID();
      const { accessToken } = await maker.mint({ userId: person.id, sessionId });
      return (await me(accessToken)).status;
    });
    expect(await Promise.all(answers)).toEqual(isGood.map((good) => (good ? 200 : 401)));
  });
});
