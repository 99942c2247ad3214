import { randomUUID } from 'node:crypto';
import { Installation } from './support/installation';
import { call } from './support/person';
import { RedisServer } from './support/redis-server';
import { describeWith } from './support/require-program';
import { Second } from './support/second';
import type { ServerProcess } from './support/server-process';
import { TestIssuer } from './support/test-issuer';
import { apiKeys, TestProduct } from './support/test-product';
import { TestSocket } from './support/test-socket';
import { eventually } from './support/until';

describeWith('redis-server', 'people of an outside issuer at two servers', () => {
  let issuer: TestIssuer;
  let redis: RedisServer;
  let here: Installation;
  let there: ServerProcess;
  let second: Second;

  beforeAll(async () => {
    issuer = await TestIssuer.start();
    redis = await RedisServer.start();
    const secret = randomUUID() + randomUUID();
    const settings = { REDIS_URL: redis.url, JWT_SECRET: secret, LOG_LEVEL: 'trace' };
    here = await Installation.start({ ...issuer.settings, ...settings });
    there = await here.peer();
    second = new Second(await here.session());
  }, 60_000);
  afterAll(async () => {
    await second.end();
    await there.end('SIGKILL');
    await here.remove();
    await redis.kill();
    await issuer.down();
  });

  const me = (url: string, token: string) => call(url, 'GET', '/v1/users/me', undefined, token);

  it('are one account each, however many come at once, and each has a name of their own', async () => {
    const name = `eve${randomUUID().slice(0, 6)}`;
    const subjects = Array.from({ length: 8 }, () => randomUUID());
    const seen = await Promise.all(
      subjects.map(async (sub) => {
        const who = { sub, preferred_username: name, name: 'Eve' };
        const tokens = await Promise.all(['a', 'b', 'c'].map((sid) => issuer.token({ ...who, sid })));
        const answers = await Promise.all(
          tokens.flatMap((token) => [here.url, there.url].map((url) => me(url, token))),
        );
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
        expect(new Set(answers.map(({ body }) => body.id as string)).size).toBe(1);
        return answers[0]!.body as { id: string; username: string };
      }),
    );
    expect(new Set(seen.map(({ id }) => id)).size).toBe(subjects.length);
    const names = seen.map(({ username }) => username);
    expect(new Set(names).size).toBe(subjects.length);
    expect(names).toContain(name);
    const client = await here.session();
    const { rows } = await client.query(
      `SELECT count(*)::int AS accounts FROM "user" WHERE username LIKE $1`,
      [`${name}%`],
    );
    await client.end();
    expect(rows).toEqual([{ accounts: subjects.length }]);
  });

  it.each([
    ['with Redis', () => Promise.resolve(), () => Promise.resolve()],
    ['without', () => redis.kill(), () => redis.startAgain()],
  ])('are out at both when their session ends at one: %s', async (_, begin, end) => {
    const who = { sub: randomUUID(), sid: randomUUID() };
    const token = await issuer.token(who);
    const socket = await TestSocket.open(there.url, token);
    expect((await me(there.url, token)).status).toBe(200);
    await begin();
    try {
      const { status } = await call(here.url, 'POST', '/v1/auth/logout', undefined, token);
      expect(status).toBe(204);
      expect((await second.within(socket.closed)).code).toBe(4409);
      for (const used of [token, await issuer.token({ ...who, jti: 'later' })])
        expect((await me(there.url, used)).body.error.code).toBe('session_revoked');
    } finally {
      await end();
    }
  });

  describe('and their product', () => {
    let product: TestProduct;
    let name: string;

    beforeEach(async () => {
      name = randomUUID();
      const scopes = 'users:write,conversations:write,messages:write,sessions:revoke';
      const key = await keys('create', '--name', name, '--scopes', scopes);
      product = new TestProduct(here.url, key);
    });

    const keys = (...args: string[]) => apiKeys({ DATA_DIR: here.dir }, ...args);

    it('are out at both when it says so, also by tokens that nobody has shown yet', async () => {
      const sub = randomUUID();
      const { user } = await product.ok('PUT', `/external-users/${sub}`, { displayName: 'Ann' });
      const token = await issuer.token({ sub, sid: 'one' });
      const unseen = await issuer.token({ sub, sid: 'two' });
      expect((await me(there.url, token)).body.id).toBe(user.id);
      const socket = await TestSocket.open(there.url, token);
      await product.ok('DELETE', `/users/${user.id}/sessions`);
      expect((await second.within(socket.closed)).code).toBe(4409);
      for (const url of [here.url, there.url])
        for (const used of [token, unseen])
          expect((await me(url, used)).body.error.code).toBe('session_revoked');
      const iat = Math.ceil(Date.now() / 1_000) + 1;
      expect((await me(there.url, await issuer.token({ sub, sid: 'three', iat }))).body.id).toBe(user.id);
    });

    it('shows neither key nor token in what is logged', async () => {
      const sub = randomUUID();
      const token = await issuer.token({ sub, sid: 'one' });
      await me(here.url, token);
      await me(here.url, `${token}x`);
      const { user } = await product.ok('PUT', `/external-users/${sub}`, { displayName: 'Ann' });
      await product.refusal('GET', `/users/${user.id}`, undefined, user.id as string);
      await product.ok('DELETE', `/users/${user.id}/sessions`);
      await eventually(() => here.server.output.includes(`all sessions of user ${user.id} end: API key`));
      for (const output of [here.server.output, there.output])
        for (const secret of [product.key.split('_')[2]!, token.split('.')[2]!])
          expect(output).not.toContain(secret);
    });

    it('makes one user at both at once', async () => {
      const path = `/external-users/${randomUUID()}`;
      const made = await Promise.all(
        Array.from({ length: 6 }, (_, i) =>
          product.at(i % 2 ? here.url : there.url).ok('PUT', path, { displayName: 'Ann' }),
        ),
      );
      expect(new Set(made.map(({ user }) => user.id as string)).size).toBe(1);
      expect(made.filter(({ created }) => created as boolean)).toHaveLength(1);
    });

    it('is out at both when its key is revoked, also with what waits', async () => {
      const acting = here.ann.id;
      const { conversation } = await product.ok(
        'POST',
        '/conversations',
        { kind: 'direct', memberIds: [here.bob.id] },
        acting,
      );
      const path = `/conversations/${conversation.id}/messages`;
      const send = (url: string) =>
        product.at(url).refusal('POST', path, { id: randomUUID(), text: 'late' }, acting);
      const client = await here.session();
      await client.query('BEGIN');
      await client.query('SELECT FROM conversation WHERE id = $1 FOR UPDATE', [conversation.id]);
      const waiting = send(there.url);
      await eventually(async () => {
        const { rows } = await client.query<{ waiting: number }>(
          'SELECT count(*)::int AS waiting FROM pg_locks WHERE NOT granted',
        );
        return rows[0]!.waiting > 0;
      });
      await keys('revoke', '--name', name);
      for (const url of [here.url, there.url]) expect(await send(url)).toBe('unauthenticated');
      await second.pass();
      await client.query('ROLLBACK');
      await client.end();
      expect(await waiting).toBe('session_revoked');
    });
  });
});
