import { randomUUID } from 'node:crypto';
import { PasswordHasher } from '../src/auth/password-hasher';
import { makeAdministrator } from './support/administrator';
import { type Door, doorsOf, propertiesOf } from './support/doors';
import { call, PASSWORD, Person } from './support/person';
import { ACTS } from './support/policy-cases';
import { startApp, type TestApp } from './support/start-app';

let server: TestApp;
let ann: Person;
let bob: Person;
let doors: Map<string, Door>;

beforeAll(async () => {
  server = await startApp();
  ({ ann, bob } = await Person.registerAll(server.url, 'ann', 'bob'));
  await makeAdministrator(server, ann);
  doors = new Map(doorsOf(server.app).map((door) => [door.name, door]));
});
afterAll(async () => {
  await ann.disconnect();
  await server.stop();
});

const names = [...new Set(ACTS.map(([, door]) => door as string))];
const invalid = { error: { code: 'payload_invalid' } };

/** Columns and fields that a request has no business with. */
const ASSIGNED = {
  ...{ senderId: randomUUID(), role: 'owner', seq: 1, version: 1, createdAt: '2020-01-01', deletedAt: null },
  ...{ passwordHash: 'x', password_hash: 'x', isAdmin: true, admin: true, ownerId: randomUUID() },
  ...{ userId: randomUUID(), sessionId: randomUUID(), conversationId: randomUUID(), joinedSeq: 0, exp: 1 },
};

const POLLUTING = [
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"a":{"__proto__":{"polluted":true}}}',
  '[{"__proto__":{"polluted":true}}]',
];

describe('what a request does not take is refused', () => {
  const fill = (path: string) => path.replaceAll(/\{\w+\}/g, () => randomUUID()).replace('/v1', '');

  it.each(names.filter((name) => name.includes(' ')))('%s', async (name) => {
    const { method, path, body, query } = doors.get(name)!;
    if (query) {
      const answer = await ann.call(method!, `${fill(path!)}?isAdmin=true&role=owner`);
      expect(answer).toMatchObject({ status: 400, body: invalid });
      expect(Object.keys(answer.body.error.details.fields)).toEqual(
        expect.arrayContaining(['isAdmin', 'role']),
      );
    }
    if (!body) return;
    for (const [key, value] of Object.entries(ASSIGNED)) {
      if (propertiesOf(body).includes(key)) continue;
      const answer = await ann.call(method!, fill(path!), { [key]: value });
      expect(answer).toMatchObject({ status: 400, body: invalid });
      expect(Object.keys(answer.body.error.details.fields)).toContain(key);
    }
    for (const json of POLLUTING) {
      expect(await ann.call(method!, fill(path!), json)).toMatchObject({ status: 400, body: invalid });
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each(names.filter((name) => !name.includes(' ')))('%s', async (event) => {
    const socket = await ann.connect();
    const extra = { isAdmin: true, passwordHash: 'x', senderId: bob.id };
    await expect(socket.request(event, extra)).rejects.toMatchObject({ code: 'payload_invalid' });
    for (const json of POLLUTING.slice(0, 3)) {
      const polluting = socket.request(event, JSON.parse(json));
      await expect(polluting).rejects.toMatchObject({ code: 'payload_invalid' });
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    await ann.disconnect();
  });
});

describe('text that means something elsewhere is text', () => {
  const statements = [
    `'; DROP TABLE "user"; --`,
    `x' OR '1'='1`,
    `$1`,
    `\\'; --`,
    `") UNION SELECT 1 --`,
    `{{7*7}}`,
    '%',
    '_',
  ];

  it.each(statements)('%s', async (text) => {
    const id = randomUUID();
    const { message } = await ann.ok('POST', '/messages', {
      id,
      to: bob.id,
      text,
      metadata: { [text]: text },
    });
    expect(message).toMatchObject({ text, metadata: { [text]: text } });
    expect((await ann.ok('PATCH', '/users/me', { displayName: text })).displayName).toBe(text);
    const found = await bob.ok('GET', `/users?query=${encodeURIComponent(text)}`);
    expect(found.items).toEqual([expect.objectContaining({ id: ann.id, displayName: text })]);
    const credentials = { username: text, password: PASSWORD };
    const { body } = await call(server.url, 'POST', '/v1/auth/login', credentials);
    expect(body.error.code).toBe('credentials_invalid');
    const path = `/conversations/${message.conversationId}/messages/${id}/reactions`;
    await ann.ok('PUT', `${path}/${encodeURIComponent(text)}`);
    expect((await bob.ok('GET', `${path}?emoji=${encodeURIComponent(text)}`)).items).toHaveLength(1);
    const cursor = Buffer.from(JSON.stringify([text, text, text])).toString('base64url');
    for (const list of [
      `${path}?cursor=${cursor}`,
      `/users?query=a&cursor=${cursor}`,
      `/contacts?cursor=${cursor}`,
    ]) {
      expect((await bob.error('GET', list)).code).toBe('cursor_invalid');
    }
  });
});

describe('names', () => {
  const register = (changes: object) =>
    call(server.url, 'POST', '/v1/auth/register', {
      ...{ username: `n-${randomUUID().slice(0, 8)}`, password: PASSWORD, displayName: 'x', ...changes },
    });

  it.each([
    ...[
      'аnn.lee',
      'ann\u200blee',
      'ann\u00adlee',
      'ａｎｎｌｅｅ',
      'annﬁn',
      'bo\u212aer',
      'ſam.lee',
      'İstan',
      'ann\u0301',
    ],
    ...[
      'ann lee',
      'ann\r\nlee',
      'ann\u001b[31m',
      'ann\u202elee',
      '../ann',
      'ann%00',
      '@ann',
      'ann/lee',
      '-ann',
      '💬💬💬',
    ],
  ])('of users are ASCII: %j is refused, and is nobody', async (username) => {
    expect(await register({ username })).toMatchObject({ status: 400, body: invalid });
    const login = await call(server.url, 'POST', '/v1/auth/login', { username, password: PASSWORD });
    expect(login.body.error.code).toBe('credentials_invalid');
  });

  const disturbing: [string, string][] = [
    ['a line end', 'a\r\nb'],
    ['ANSI', '\u001b[31mred'],
    ['C1', 'a\u009bb'],
    ['a line separator', 'a\u2028b'],
    ['the other direction', 'ann\u202egpj.exe'],
    ['an isolate', 'a\u2067b'],
    ['U+0000', 'a\u0000b'],
    ['nothing to be seen', '\u200b\u200d\ufeff'],
    ['a Hangul filler', '\u3164'],
    ['an empty Braille cell', '\u2800'],
    ['selectors', '\ufe0f\u{e0100}'],
    ['spaces of all kinds', ' \u00a0\u2003\u3000'],
  ];

  it.each(disturbing)('that are shown do not hold %s', async (_, displayName) => {
    expect((await register({ displayName })).status).toBe(400);
    expect((await register({ deviceName: displayName })).status).toBe(400);
    expect((await ann.error('PATCH', '/users/me', { displayName })).status).toBe(400);
    const group = { kind: 'group', memberIds: [], title: displayName };
    expect((await ann.error('POST', '/conversations', group)).status).toBe(400);
  });

  it.each(['李雷', 'محمد', 'می‌خواهم', '👨‍👩‍👧‍👦', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'Zoë', 'Zoe\u0308', "O'Neil", 'नमस्ते'])(
    'that are shown may be %s',
    async (displayName) => {
      expect((await ann.ok('PATCH', '/users/me', { displayName })).displayName).toBe(displayName);
    },
  );
});

describe('long passwords', () => {
  const register = (password: string) => ({ username: 'long-one', password, displayName: 'x' });

  it.each([
    [1_000_000, 413, 'payload_too_large'],
    [100_000, 400, 'payload_invalid'],
  ])('of %i characters are refused before they are hashed', async (length, status, code) => {
    const password = 'x'.repeat(length);
    const hasher = server.app.get(PasswordHasher);
    const hashing = [jest.spyOn(hasher, 'hash'), jest.spyOn(hasher, 'verify')];
    const answers = await Promise.all([
      call(server.url, 'POST', '/v1/auth/register', register(password)),
      call(server.url, 'POST', '/v1/auth/login', { username: ann.username, password }),
      ann.call('POST', '/auth/password', { currentPassword: PASSWORD, newPassword: password }),
      ann.call('POST', '/auth/password', { currentPassword: password, newPassword: PASSWORD }),
      ann.call('DELETE', '/users/me', { password }),
    ]);
    for (const answer of answers) expect(answer).toMatchObject({ status, body: { error: { code } } });
    for (const spy of hashing) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });

  it('count whole: what differs after 72 bytes differs', async () => {
    const password = `${'x'.repeat(200)}1`;
    await call(server.url, 'POST', '/v1/auth/register', register(password));
    const login = (tried: string) =>
      call(server.url, 'POST', '/v1/auth/login', { username: 'long-one', password: tried });
    expect((await login(password)).status).toBe(200);
    expect((await login(`${'x'.repeat(200)}2`)).status).toBe(401);
    expect((await login(password.slice(0, 72))).status).toBe(401);
  });
});
