import { CACHE_MANAGER, type Cache } from '@nestjs/cache-manager';
import { AccountDeletion } from '../src/users/account-deletion';
import { UsersService } from '../src/users/users.service';
import { call, PASSWORD, Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';

let server: TestApp;
let ann: Person;

beforeAll(async () => {
  server = await startApp();
  ann = await Person.register(server.url, 'ann');
});
afterAll(() => server.stop());

const register = (username: string, displayName: string) =>
  call(server.url, 'POST', '/v1/auth/register', { username, password: PASSWORD, displayName });

/** Names on all pages of a search. */
async function search(query: string, limit = 50): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const place = cursor ? `&cursor=${cursor}` : '';
    const page = await ann.ok('GET', `/users?query=${encodeURIComponent(query)}&limit=${limit}${place}`);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    names.push(...page.items.map((user: { username: string }) => user.username));
    cursor = page.cursor;
  } while (cursor);
  return names;
}

describe('my account', () => {
  it('shows itself and changes its name, for others too', async () => {
    expect(await ann.ok('GET', '/users/me')).toEqual(ann.tokens.user);
    expect((await ann.ok('GET', `/users/${ann.id}`)).displayName).toBe('ann');
    expect(await ann.ok('PATCH', '/users/me', { displayName: 'Ann Änderson' })).toEqual({
      ...ann.tokens.user,
      displayName: 'Ann Änderson',
    });
    expect((await ann.ok('GET', `/users/${ann.id.toUpperCase()}`)).displayName).toBe('Ann Änderson');
    expect(await ann.error('PATCH', '/users/me', { displayName: 'a\u0000' })).toMatchObject({ status: 400 });
    expect(await ann.error('PATCH', '/users/me', {})).toMatchObject({ code: 'payload_invalid' });
  });
});

describe('somebody else', () => {
  it('is not there, or not an id', async () => {
    const nobody = '0193b6a0-0000-7000-8000-000000000001';
    expect(await ann.error('GET', `/users/${nobody}`)).toMatchObject({ status: 404, code: 'user_not_found' });
    expect(await ann.error('GET', '/users/nobody')).toMatchObject({ code: 'payload_invalid' });
  });
});

describe('search', () => {
  beforeAll(async () => {
    await register('zoe.one', 'Zoe One');
    await register('zoe.two', 'Another');
    await register('zoe_three', '100% Zoe');
    await register('peter', 'ZOE the Third');
    await register('paul', 'zoe the Third');
    await register('mary', 'Éva Zoe');
  });

  it('finds by user name first, then by display name, each once', async () => {
    expect(await search('zoe')).toEqual(['zoe.one', 'zoe.two', 'zoe_three', 'peter', 'paul']);
    expect(await search('ZOE.')).toEqual(['zoe.one', 'zoe.two']);
    expect(await search('éV')).toEqual(['mary']);
  });

  it.each([1, 2, 3, 5])('pages by %i without a gap or a repetition', async (limit) => {
    expect(await search('zoe', limit)).toEqual(['zoe.one', 'zoe.two', 'zoe_three', 'peter', 'paul']);
  });

  it('takes wildcards for what they are', async () => {
    expect(await search('zoe_')).toEqual(['zoe_three']);
    expect(await search('100%')).toEqual(['zoe_three']);
    expect(await search('%')).toEqual([]);
    expect(await search('_')).toEqual([]);
    expect(await search('zoe\\')).toEqual([]);
  });

  it.each([
    '',
    'query=',
    'query=a&query=b',
    `query=${'x'.repeat(65)}`,
    'query=a&limit=0',
    'query=a&limit=201',
  ])('refuses ?%s', async (query) => {
    expect(await ann.error('GET', `/users?${query}`)).toMatchObject({ code: 'payload_invalid' });
  });

  it('refuses a cursor that is none of its own', async () => {
    const forged = Buffer.from('[0,"a\\u0000","x"]').toString('base64url');
    for (const cursor of ['x', forged]) {
      expect(await ann.error('GET', `/users?query=a&cursor=${cursor}`)).toMatchObject({
        code: 'cursor_invalid',
      });
    }
  });

  it('reads ranges of the indexes', async () => {
    await server.source.query(
      `INSERT INTO "user" (id, username, display_name)
       SELECT gen_random_uuid(), 'bulk' || n, 'Bulk ' || n FROM generate_series(1, 20000) n`,
    );
    await server.source.query('ANALYZE "user"');
    const started = performance.now();
    expect((await ann.ok('GET', '/users?query=bulk1999&limit=200')).items).toHaveLength(11);
    expect(performance.now() - started).toBeLessThan(100);
  });
});

describe('UsersService', () => {
  it('looks profiles up in the cache, and a failing cache is an empty one', async () => {
    const users = server.app.get(UsersService);
    const cache = server.app.get<Cache>(CACHE_MANAGER);
    const { bob } = await Person.registerAll(server.url, 'bob');
    const nobody = '0193b6a0-0000-7000-8000-000000000001';
    const found = await users.findMany([bob.id, ann.id, nobody, bob.id]);
    expect([...found.keys()].sort()).toEqual([ann.id, bob.id].sort());
    expect(await cache.get(`user:${bob.id}`)).toEqual(found.get(bob.id));
    const query = jest.spyOn(server.source, 'query');
    expect(await users.require(bob.id)).toEqual(found.get(bob.id));
    expect(query).not.toHaveBeenCalled();
    query.mockRestore();

    const broken = jest.spyOn(cache, 'mget').mockRejectedValue(new Error('away'));
    expect((await users.findMany([ann.id, bob.id])).size).toBe(2);
    broken.mockRestore();
  });

  it('requires people to exist', async () => {
    const users = server.app.get(UsersService);
    const nobody = '0193b6a0-0000-7000-8000-000000000001';
    await expect(users.requireExisting([ann.id])).resolves.toBeUndefined();
    await expect(users.requireExisting([ann.id, nobody])).rejects.toMatchObject({
      code: 'user_not_found',
      details: { userIds: [nobody] },
    });
  });

  it('notes when people were last seen, forwards only', async () => {
    const users = server.app.get(UsersService);
    const { bob, cleo } = await Person.registerAll(server.url, 'bob', 'cleo');
    const [early, late] = [new Date('2026-01-01T00:00:00.123Z'), new Date('2026-01-02T00:00:00Z')];
    await users.touchLastSeen([
      { userId: bob.id, at: late },
      { userId: bob.id, at: early },
    ]);
    await users.touchLastSeen([{ userId: bob.id, at: early }]);
    expect(await users.lastSeen([bob.id, cleo.id])).toEqual(
      new Map([
        [bob.id, late],
        [cleo.id, null],
      ]),
    );
    await users.touchLastSeen([]);
  });
});

describe('AccountDeletion', () => {
  it('finishes an account behind many that cannot be finished', async () => {
    const deletion = server.app.get(AccountDeletion);
    const { bob } = await Person.registerAll(server.url, 'bob');
    const stuck: { id: string }[] = await server.source.query(
      `INSERT INTO "user" (id, display_name, deletion_started_at)
       SELECT gen_random_uuid(), 'stuck', now() - interval '2 hours' FROM generate_series(1, 20) RETURNING id`,
    );
    const broken = new Set(stuck.map(({ id }) => id));
    deletion.addStep('fail', (id) =>
      broken.has(id) ? Promise.reject(new Error('broken')) : Promise.resolve(),
    );
    await server.source.query(`UPDATE "user" SET deletion_started_at = now() WHERE id = $1`, [bob.id]);
    for (let run = 0; run < 10; run++) await deletion['resume']('0');
    expect(await ann.ok('GET', `/users/${bob.id}`)).toMatchObject({ deleted: true });
    const [row] = await server.source.query('SELECT deleted_at FROM "user" WHERE id = $1', [bob.id]);
    expect(row.deleted_at).not.toBeNull();
  });
});
