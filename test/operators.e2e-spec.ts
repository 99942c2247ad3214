import { randomUUID } from 'node:crypto';
import { call, PASSWORD, Person } from './support/person';
import { runTool, urlOf } from './support/run-tool';
import { startApp, type TestApp } from './support/start-app';

const NEW_PASSWORD = 'a better horse battery';

let server: TestApp;
let admin: Person;

beforeAll(async () => {
  server = await startApp();
  admin = await Person.register(server.url, 'admin');
  await users('grant-admin', admin.username);
}, 60_000);
afterAll(() => server.stop());

async function users(...args: string[]): Promise<string> {
  const { stderr, code } = await runTool('users', args, { DATABASE_URL: urlOf(server.database) }, '/');
  return `${code}: ${stderr}`;
}

const loginStatus = async ({ username }: Person, password: string) =>
  (await call(server.url, 'POST', '/v1/auth/login', { username, password })).status;
const choose = (resetToken: string, newPassword = NEW_PASSWORD) =>
  call(server.url, 'POST', '/v1/auth/password-reset', { resetToken, newPassword });

describe('an administrator', () => {
  it('is nobody by default, and who is made one by a command, until another', async () => {
    const ann = await Person.register(server.url);
    expect(ann.tokens.user.administrator).toBe(false);
    const path = `/users/${admin.id}/sessions`;
    expect(await ann.error('DELETE', path)).toMatchObject({ status: 403, code: 'forbidden' });
    expect(await users('grant-admin', ann.username.toUpperCase())).toMatch(/^0: /);
    expect(await ann.ok('GET', '/users/me')).toMatchObject({ administrator: true });
    await ann.ok('DELETE', `/users/${(await Person.register(server.url)).id}/sessions`);
    expect(await users('revoke-admin', ann.username)).toMatch(/^0: /);
    expect(await ann.error('DELETE', path)).toMatchObject({ code: 'forbidden' });
  });

  it('cannot be made by anything that people send', async () => {
    const account = { username: `eve-${randomUUID().slice(0, 8)}`, password: PASSWORD, displayName: 'Eve' };
    const registered = await call(server.url, 'POST', '/v1/auth/register', {
      ...account,
      administrator: true,
    });
    expect(registered).toMatchObject({ status: 400 });
    const ann = await Person.register(server.url);
    expect(await ann.error('PATCH', '/users/me', { displayName: 'Ann', administrator: true })).toMatchObject({
      code: 'payload_invalid',
    });
  });

  it.each([
    [['grant-admin', 'nobody-at-all'], 'There is nobody with the user name nobody-at-all'],
    [['grant-admin'], 'Say who'],
    [['grant-admin', 'a', 'b'], 'Say who'],
    [['make-admin', 'a'], '"make-admin" has no option'],
  ])('is not made by %j', async (args, complaint) => {
    expect(await users(...args)).toMatch(new RegExp(`^2: ${complaint}`));
  });

  it('has somebody choose a new password, by a token that works once', async () => {
    const ann = await Person.register(server.url);
    const socket = await ann.connect();
    const first = await admin.ok('POST', `/users/${ann.id}/password-reset`, {});
    const { resetToken, expiresAt } = await admin.ok('POST', `/users/${ann.id}/password-reset`, {});
    expect(Date.parse(expiresAt as string)).toBeGreaterThan(Date.now() + 23 * 3_600_000);
    // Nothing has changed yet.
    expect(await loginStatus(ann, PASSWORD)).toBe(200);
    expect((await choose(first.resetToken as string)).status).toBe(401);
    const answers = await Promise.all([choose(resetToken as string), choose(resetToken as string)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401]);
    expect((await socket.closed).code).toBe(4409);
    expect(await ann.error('GET', '/users/me')).toMatchObject({ code: 'session_revoked' });
    expect([await loginStatus(ann, PASSWORD), await loginStatus(ann, NEW_PASSWORD)]).toEqual([401, 200]);
    const rows = await server.source.query('SELECT FROM password_reset WHERE user_id = $1', [ann.id]);
    expect(rows).toHaveLength(0);
  });

  it('shuts out at once who may have the password', async () => {
    const ann = await Person.register(server.url);
    const socket = await ann.connect();
    const { resetToken } = await admin.ok('POST', `/users/${ann.id}/password-reset`, { shutOut: true });
    expect((await socket.closed).code).toBe(4409);
    expect(await loginStatus(ann, PASSWORD)).toBe(401);
    expect((await choose(resetToken as string)).status).toBe(204);
    expect(await loginStatus(ann, NEW_PASSWORD)).toBe(200);
  });

  it('cannot bring back who has gone, and late tokens are good for nothing', async () => {
    const ann = await Person.register(server.url);
    const { resetToken } = await admin.ok('POST', `/users/${ann.id}/password-reset`, {});
    const stored = await server.source.query<object[]>('SELECT r::text FROM password_reset r');
    expect(JSON.stringify(stored)).not.toContain((resetToken as string).split('.')[1]);
    for (const wrong of ['', 'x', `${ann.id}.x`, `${admin.id}.${(resetToken as string).split('.')[1]}`])
      expect((await choose(wrong)).status).toBe(401);
    expect((await choose(resetToken as string, 'short')).status).toBe(400);
    await server.source.query('UPDATE password_reset SET expires_at = now() WHERE user_id = $1', [ann.id]);
    expect((await choose(resetToken as string)).status).toBe(401);
    const later = await admin.ok('POST', `/users/${ann.id}/password-reset`, {});
    await ann.ok('DELETE', '/users/me', { password: PASSWORD });
    expect((await choose(later.resetToken as string)).status).toBe(401);
    expect(await admin.error('POST', `/users/${ann.id}/password-reset`, {})).toMatchObject({
      code: 'user_not_found',
    });
  });
});
