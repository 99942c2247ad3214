import { randomUUID } from 'node:crypto';
import { API_SCOPES, type ApiScope } from '@parley/protocol';
import { ApiKeyUses } from '../src/auth/api-keys/api-key-uses';
import { call, PASSWORD, Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import { apiKeys, TestProduct } from './support/test-product';
import { TestSocket } from './support/test-socket';

let server: TestApp;
let product: TestProduct;

beforeAll(async () => {
  server = await startApp();
  product = await withScopes(...API_SCOPES);
}, 60_000);
afterAll(() => server.stop());

async function withScopes(...scopes: ApiScope[]): Promise<TestProduct> {
  const args = ['create', '--name', randomUUID(), '--scopes', scopes.join(',')];
  return new TestProduct(server.url, await apiKeys(server.database, ...args));
}

const externalId = () => `user/${randomUUID()} ä`;
const put = (id: string, body: object, by = product) =>
  by.ok('PUT', `/external-users/${encodeURIComponent(id)}`, body);
const acting = (id: string) => `external:${encodeURIComponent(id)}`;

describe('the product, by an API key', () => {
  it('makes a user by its own id, once, and changes the names', async () => {
    const id = externalId();
    const [first, ...others] = await Promise.all(
      Array.from({ length: 5 }, () => put(id, { displayName: 'Ann', username: 'Ann L.' })),
    );
    expect(new Set([first, ...others].map(({ user }) => user.id as string)).size).toBe(1);
    expect([first, ...others].filter(({ created }) => created as boolean)).toHaveLength(1);
    expect(first.user.username).toMatch(/^ann-l\./);
    expect(await put(id, { displayName: 'Anna' })).toMatchObject({
      user: { id: first.user.id, displayName: 'Anna', username: first.user.username },
      created: false,
    });
    const found = await product.ok('GET', `/external-users/${encodeURIComponent(id)}`);
    expect(found).toMatchObject({ id: first.user.id, displayName: 'Anna' });
    expect(await product.refusal('GET', '/external-users/nobody')).toBe('user_not_found');
    expect(await product.refusal('PUT', `/external-users/${'x'.repeat(256)}`, { displayName: 'A' })).toBe(
      'payload_invalid',
    );
  });

  it('makes conversations and sends for people, and everything once', async () => {
    const [ann, bob] = [externalId(), externalId()];
    const [a, b] = [await put(ann, { displayName: 'Ann' }), await put(bob, { displayName: 'Bob' })];
    const group = { kind: 'group', title: 'Order 17', memberIds: [b.user.id], id: randomUUID() };
    const made = await product.ok('POST', '/conversations', group, acting(ann));
    expect(made).toMatchObject({ duplicate: false, conversation: { id: group.id } });
    expect(await product.ok('POST', '/conversations', group, acting(ann))).toMatchObject({ duplicate: true });
    const message = { id: randomUUID(), text: 'Your parcel is on its way' };
    const path = `/conversations/${group.id}/messages`;
    expect(await product.ok('POST', path, message, acting(ann))).toMatchObject({
      duplicate: false,
      message: { senderId: a.user.id },
    });
    // By the id that we have for them as well.
    expect(await product.ok('POST', path, message, a.user.id as string)).toMatchObject({ duplicate: true });
    const { messages } = await product.ok('GET', path, undefined, acting(bob));
    expect(messages.at(-1)).toMatchObject({ id: message.id });
    const direct = { to: b.user.id, id: randomUUID(), text: 'hello' };
    expect(await product.ok('POST', '/messages', direct, acting(ann))).toMatchObject({ duplicate: false });
    expect((await product.ok('GET', '/conversations', undefined, acting(bob))).items).toHaveLength(2);
    await product.ok('DELETE', `/conversations/${group.id}/members/${b.user.id}`, undefined, acting(ann));
    expect(await product.refusal('GET', path, undefined, acting(bob))).toBe('conversation_not_found');
  });

  it('reaches people who are connected', async () => {
    const bob = await Person.register(server.url, 'bob');
    const socket = await bob.connect();
    const ann = externalId();
    await put(ann, { displayName: 'Ann' });
    await product.ok(
      'POST',
      '/messages',
      { to: bob.id, id: randomUUID(), text: 'from the shop' },
      acting(ann),
    );
    await socket.next('message.created', ({ message }) => message.text === 'from the shop');
    await bob.disconnect();
  });

  it('has to say for whom, and somebody who is there', async () => {
    const send = (who?: string) =>
      product.refusal('POST', '/messages', { to: randomUUID(), id: randomUUID(), text: 'hello' }, who);
    expect(await send()).toBe('payload_invalid');
    for (const wrong of ['ann', 'external:%', 'external:%00', `${randomUUID()}x`])
      expect(await send(wrong)).toBe('payload_invalid');
    for (const nobody of [randomUUID(), 'external:nobody', 'external:'])
      expect(await send(nobody)).toBe('user_not_found');
    const gone = await Person.register(server.url);
    await gone.ok('DELETE', '/users/me', { password: PASSWORD });
    expect(await send(gone.id)).toBe('user_not_found');
  });

  it('acts within the rules of those for whom it acts', async () => {
    const { ann, bob } = await Person.registerAll(server.url, 'ann', 'bob');
    await bob.ok('PUT', `/contacts/${ann.id}`, { action: 'block' });
    const message = { to: bob.id, id: randomUUID(), text: 'hello' };
    expect(await product.refusal('POST', '/messages', message, ann.id)).toBe('blocked');
  });

  it('ends all sessions of somebody', async () => {
    const ann = await Person.register(server.url);
    const socket = await ann.connect();
    await product.ok('DELETE', `/users/${ann.id}/sessions`);
    expect((await socket.closed).code).toBe(4409);
    expect(await ann.error('GET', '/users/me')).toMatchObject({ code: 'session_revoked' });
    await product.ok('DELETE', `/users/${ann.id}/sessions`);
    await expect(ann.login()).resolves.toBeDefined();
    expect(await product.refusal('DELETE', `/users/${randomUUID()}/sessions`)).toBe('user_not_found');
  });

  it('gets no further than to what is meant for it', async () => {
    const ann = await Person.register(server.url);
    const closed: [string, string][] = [
      ['GET', '/users/me'],
      ['PATCH', '/users/me'],
      ['POST', '/auth/logout'],
      ['GET', '/auth/sessions'],
      ['GET', '/contacts'],
      ['GET', '/sync'],
    ];
    for (const [method, path] of closed)
      expect(await product.refusal(method, path, undefined, ann.id)).toBe('forbidden');
    await expect(TestSocket.open(server.url, product.key)).rejects.toThrow('401');
    const socket = await TestSocket.open(server.url);
    await expect(socket.request('auth', { accessToken: product.key })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    await socket.close();
  });

  it('is the only one who acts for others', async () => {
    const { ann, bob } = await Person.registerAll(server.url, 'ann', 'bob');
    const token = ann.tokens.accessToken;
    const headers = { 'Parley-Acting-User': bob.id };
    for (const path of ['/v1/users/me', '/v1/conversations']) {
      const answer = await call(server.url, 'GET', path, undefined, token, headers);
      expect(answer).toMatchObject({ status: 403 });
    }
  });
});

describe('a scope', () => {
  const USES: Record<ApiScope, (by: TestProduct, ann: Person, bob: Person) => Promise<unknown>> = {
    'users:read': (by, ann, bob) => by.ok('GET', `/users/${bob.id}`, undefined, ann.id),
    'users:write': (by) => put(externalId(), { displayName: 'Eve' }, by),
    'conversations:read': (by, ann) => by.ok('GET', '/conversations', undefined, ann.id),
    'conversations:write': (by, ann, bob) =>
      by.ok('POST', '/conversations', { kind: 'direct', memberIds: [bob.id] }, ann.id),
    'messages:read': async (by, ann, bob) => {
      const { conversation } = await ann.ok('POST', '/conversations', {
        kind: 'direct',
        memberIds: [bob.id],
      });
      return by.ok('GET', `/conversations/${conversation.id}/messages`, undefined, ann.id);
    },
    'messages:write': (by, ann, bob) =>
      by.ok('POST', '/messages', { to: bob.id, id: randomUUID(), text: 'hello' }, ann.id),
    'sessions:revoke': async (by) => {
      const eve = await Person.register(server.url, 'eve');
      return by.ok('DELETE', `/users/${eve.id}/sessions`);
    },
    'passwords:reset': (by, ann) => by.ok('POST', `/users/${ann.id}/password-reset`, {}),
  };

  it.each(API_SCOPES)('%s allows what it says, and nothing else does', async (scope) => {
    const { ann, bob } = await Person.registerAll(server.url, 'ann', 'bob');
    await USES[scope](await withScopes(scope), ann, bob);
    const others = await withScopes(...API_SCOPES.filter((each) => each !== scope));
    await expect(USES[scope](others, ann, bob)).rejects.toThrow(`lacks the scope ${scope}`);
  });
});

describe('an API key', () => {
  const probe = async (by: TestProduct) => (await by.call('GET', '/external-users/nobody')).status;

  it('is refused when it is none', async () => {
    const [, id, secret] = product.key.split('_') as [string, string, string];
    const wrong = [
      'parley_',
      `parley_${id}`,
      `parley_${id}_${'A'.repeat(43)}`,
      `parley_${randomUUID().replaceAll('-', '')}_${secret}`,
      `${product.key}x`,
      product.key.toUpperCase(),
    ];
    for (const key of wrong) {
      const nobody = new TestProduct(server.url, key);
      expect(await probe(nobody)).toBe(401);
      // Also where no key is let in.
      expect(await nobody.refusal('GET', '/users/me')).toBe('unauthenticated');
    }
    const inUrl = await fetch(`${server.url}/v1/external-users/nobody?access_token=${product.key}`);
    expect(inUrl.status).toBe(401);
    expect(await probe(product)).toBe(404);
  });

  it('is stored as a hash, and shown once', async () => {
    const secret = product.key.split('_')[2]!;
    const rows = await server.source.query<object[]>('SELECT k::text FROM api_key k');
    expect(JSON.stringify(rows)).not.toContain(secret);
    const listed = await apiKeys(server.database, 'list');
    expect(listed).toContain(product.key.slice(0, 39));
    expect(listed).not.toContain(secret);
  });

  it('is rotated: both are good for a while, and one sees who has not changed over', async () => {
    const name = randomUUID();
    const make = ['create', '--name', name, '--scopes', 'users:read'];
    const old = new TestProduct(server.url, await apiKeys(server.database, ...make));
    const next = new TestProduct(server.url, await apiKeys(server.database, 'rotate', '--name', name));
    expect(next.key.slice(0, 39)).toBe(old.key.slice(0, 39));
    expect([await probe(old), await probe(next)]).toEqual([404, 404]);
    await server.app.get(ApiKeyUses).write();
    const line = async () =>
      (await apiKeys(server.database, 'list')).split('\n').find((each) => each.includes(name))!;
    expect(await line()).toMatch(/last used 2\S+Z\tthe one before is good until 2\S+Z, last used 2\S+Z/);
    // Once more: the first is the one before the one before.
    const last = new TestProduct(server.url, await apiKeys(server.database, 'rotate', '--name', name));
    expect([await probe(old), await probe(next), await probe(last)]).toEqual([401, 404, 404]);
    await server.source.query(`UPDATE api_key SET previous_until = now() WHERE name = $1`, [name]);
    expect([await probe(next), await probe(last)]).toEqual([401, 404]);
    await apiKeys(server.database, 'revoke', '--name', name);
    expect(await probe(last)).toBe(401);
    expect(await line()).toContain('revoked');
    // The name is free again.
    await apiKeys(server.database, ...make);
  });

  it('ends by itself when it is meant to', async () => {
    const name = randomUUID();
    const make = ['create', '--name', name, '--scopes', 'users:read', '--days', '1'];
    const by = new TestProduct(server.url, await apiKeys(server.database, ...make));
    expect(await probe(by)).toBe(404);
    await server.source.query('UPDATE api_key SET expires_at = now() WHERE name = $1', [name]);
    expect(await probe(by)).toBe(401);
  });

  it('notes its uses with one write for many', async () => {
    const name = randomUUID();
    const make = ['create', '--name', name, '--scopes', 'users:read'];
    const by = new TestProduct(server.url, await apiKeys(server.database, ...make));
    const version = async () =>
      server.source.query('SELECT xmin::text, last_used_at FROM api_key WHERE name = $1', [name]);
    const uses = server.app.get(ApiKeyUses);
    await uses.write();
    const before = await version();
    await Promise.all(Array.from({ length: 20 }, () => probe(by)));
    expect(await version()).toEqual(before);
    await uses.write();
    const after = await version();
    expect(after[0].last_used_at).toBeInstanceOf(Date);
    await uses.write();
    expect(await version()).toEqual(after);
  });

  it.each([
    [['create', '--name', 'x'], '--scopes must name scopes'],
    [['create', '--name', 'x', '--scopes', 'users:read,all'], '--scopes must name scopes'],
    [['create', '--scopes', 'users:read'], '--name must be'],
    [['rotate', '--name', 'nobody'], 'There is no key named nobody'],
    [['revoke', '--name', 'nobody'], 'There is no key named nobody'],
    [['make'], 'Say what to do'],
    [[], 'Say what to do'],
  ])('is not made by %j', async (args, complaint) => {
    await expect(apiKeys(server.database, ...args)).rejects.toThrow(complaint);
  });
});
