import { randomUUID } from 'node:crypto';
import { ContactsService } from '../src/users/contacts.service';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import { eventually } from './support/until';

let server: TestApp;
let contacts: ContactsService;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  server = await startApp();
  contacts = server.app.get(ContactsService);
});
beforeEach(async () => {
  ({ ann, bob } = await Person.registerAll(server.url, 'ann', 'bob'));
});
afterEach(() => Promise.all([ann.disconnect(), bob.disconnect()]));
afterAll(() => server.stop());

async function act(who: Person, action: string, whom: Person): Promise<string> {
  const answer = await who.ok('PUT', `/contacts/${whom.id}`, { action });
  expect(answer.userId).toBe(whom.id);
  return answer.state;
}

async function states(who: Person): Promise<Record<string, string>> {
  const { items } = await who.ok('GET', '/contacts');
  return Object.fromEntries(items.map((item: any) => [item.user.username, item.state]));
}

it('makes friends, and tells all devices of both', async () => {
  const [phone, laptop, bobs] = await Promise.all([ann.connect(), ann.connect(), bob.connect()]);
  expect(await act(ann, 'request', bob)).toBe('outgoing');
  for (const socket of [phone, laptop]) {
    expect(await socket.next('contact.changed')).toEqual({ userId: bob.id, state: 'outgoing' });
  }
  expect(await bobs.next('contact.changed')).toEqual({ userId: ann.id, state: 'incoming' });
  expect(await states(ann)).toEqual({ [bob.username]: 'outgoing' });
  expect(await states(bob)).toEqual({ [ann.username]: 'incoming' });
  expect(await contacts.friendIds(ann.id)).toEqual(new Set());

  expect(await act(bob, 'accept', ann)).toBe('accepted');
  for (const socket of [phone, laptop]) {
    expect(await socket.next('contact.changed')).toEqual({ userId: bob.id, state: 'accepted' });
  }
  expect(await contacts.friendIds(ann.id)).toEqual(new Set([bob.id]));
  expect(await contacts.friendIds(bob.id)).toEqual(new Set([ann.id]));

  await bobs.next('contact.changed');
  // Once more changes nothing and tells nobody.
  expect(await act(bob, 'accept', ann)).toBe('accepted');
  expect(await act(ann, 'request', bob)).toBe('accepted');
  await Promise.all([phone.settle(), bobs.settle()]);
  expect(phone.all('contact.changed')).toEqual([]);
  expect(bobs.all('contact.changed')).toEqual([]);
});

it('takes requests that cross for a friendship, however they race', async () => {
  for (let round = 0; round < 10; round++) {
    const pair = await Person.registerAll(server.url, 'x', 'y');
    await Promise.all([act(pair.x, 'request', pair.y), act(pair.y, 'request', pair.x)]);
    expect(await states(pair.x)).toEqual({ [pair.y.username]: 'accepted' });
    expect(await states(pair.y)).toEqual({ [pair.x.username]: 'accepted' });
  }
});

it('stays consistent under any race of both', async () => {
  const actions = ['request', 'accept', 'decline', 'block', 'unblock'];
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      Array.from({ length: 6 }, (_, i) => {
        const [who, whom] = i % 2 ? [ann, bob] : [bob, ann];
        return who.call('PUT', `/contacts/${whom.id}`, { action: actions[(i * 7 + round * 3) % 5] });
      }),
    ).then((answers) => expect(answers.filter(({ status }) => status >= 500)).toEqual([]));
    const [mine, theirs] = [(await states(ann))[bob.username], (await states(bob))[ann.username]];
    expect(['accepted', 'accepted'].includes(mine ?? '')).toBe(theirs === 'accepted');
    expect((await contacts.friendIds(ann.id)).has(bob.id)).toBe(mine === 'accepted');
    expect(await contacts.isBlocked(ann.id, bob.id)).toBe([mine, theirs].includes('blocked'));
  }
});

it('takes back, declines and ends, again and again', async () => {
  await act(ann, 'request', bob);
  await ann.ok('DELETE', `/contacts/${bob.id}`);
  expect([await states(ann), await states(bob)]).toEqual([{}, {}]);

  await act(ann, 'request', bob);
  expect(await act(bob, 'decline', ann)).toBe('none');
  expect(await act(bob, 'decline', ann)).toBe('none');
  expect(await bob.error('PUT', `/contacts/${ann.id}`, { action: 'accept' })).toMatchObject({
    status: 404,
    code: 'contact_not_found',
  });

  await act(ann, 'request', bob);
  await act(bob, 'request', ann);
  await bob.ok('DELETE', `/contacts/${ann.id}`);
  await bob.ok('DELETE', `/contacts/${ann.id}`);
  expect([await states(ann), await states(bob)]).toEqual([{}, {}]);
  expect(await contacts.friendIds(ann.id)).toEqual(new Set());
});

it('blocks without a word to a stranger, and ends a friendship', async () => {
  const bobs = await bob.connect();
  expect(await contacts.isBlocked(bob.id, ann.id)).toBe(false);
  expect(await act(ann, 'block', bob)).toBe('blocked');
  expect(await contacts.isBlocked(bob.id, ann.id)).toBe(true);
  expect(await contacts.isBlocked(ann.id, bob.id)).toBe(true);
  await bobs.settle();
  expect(bobs.all('contact.changed')).toEqual([]);
  expect(await ann.error('PUT', `/contacts/${bob.id}`, { action: 'request' })).toMatchObject({
    code: 'blocked',
  });
  await ann.ok('DELETE', `/contacts/${bob.id}`);
  expect(await states(ann)).toEqual({ [bob.username]: 'blocked' });

  expect(await act(ann, 'unblock', bob)).toBe('none');
  expect(await contacts.isBlocked(bob.id, ann.id)).toBe(false);
  await act(ann, 'request', bob);
  await act(bob, 'accept', ann);
  await act(ann, 'block', bob);
  await bobs.next('contact.changed', ({ state }) => state === 'none');
  expect(await states(bob)).toEqual({});
});

it('answers who is blocked as it answers everybody', async () => {
  const anns = await ann.connect();
  await act(ann, 'block', bob);
  await anns.next('contact.changed');
  expect(await act(bob, 'request', ann)).toBe('outgoing');
  expect(await states(bob)).toEqual({ [ann.username]: 'outgoing' });
  expect(await states(ann)).toEqual({ [bob.username]: 'blocked' });
  await anns.settle();
  expect(anns.all('contact.changed')).toEqual([]);
  // Once the block is lifted, it is a request like any.
  expect(await act(ann, 'unblock', bob)).toBe('incoming');
});

it('hears of changes on other nodes within a second', async () => {
  expect(await contacts.isBlocked(ann.id, bob.id)).toBe(false);
  const heard = new Promise<string[]>((resolve) => {
    contacts.onChange((a, b) => {
      if (a === ann.id) resolve([a, b]);
    });
  });
  const changedAt = Date.now();
  await server.source.transaction(async (manager) => {
    await manager.query(`INSERT INTO contact (user_id, contact_id, state) VALUES ($1, $2, 'blocked')`, [
      ann.id,
      bob.id,
    ]);
    await manager.query('INSERT INTO contact_change (node, user_id, contact_id) VALUES ($1, $2, $3)', [
      randomUUID(),
      ann.id,
      bob.id,
    ]);
  });
  expect(await heard).toEqual([ann.id, bob.id]);
  expect(Date.now() - changedAt).toBeLessThan(1_000);
  expect(await contacts.isBlocked(ann.id, bob.id)).toBe(true);
});

it('hears of a change on another node that commits late', async () => {
  const heard: string[] = [];
  contacts.onChange((a) => heard.push(a));
  const runner = server.source.createQueryRunner();
  await runner.startTransaction();
  await runner.query('INSERT INTO contact_change (node, user_id, contact_id) VALUES ($1, $2, $3)', [
    randomUUID(),
    bob.id,
    ann.id,
  ]);
  const { x, y } = await Person.registerAll(server.url, 'x', 'y');
  await act(x, 'request', y);
  // Longer than two polls, in which it must not be heard.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(heard).not.toContain(bob.id);
  await runner.commitTransaction();
  await runner.release();
  await eventually(() => heard.includes(bob.id));
  // And two more, in which it must not be heard again.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(heard.filter((id) => id === bob.id)).toHaveLength(1);
});

it('pages its list, by state if asked', async () => {
  const others = await Person.registerAll(server.url, 'c', 'd', 'e', 'f');
  await act(ann, 'request', others.c);
  await act(others.d, 'request', ann);
  await act(ann, 'block', others.e);
  await act(others.f, 'request', ann);
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: any = await ann.ok('GET', `/contacts?limit=1${cursor && `&cursor=${cursor}`}`);
    seen.push(...page.items.map((item: any) => item.state));
    cursor = page.cursor;
  }
  expect(seen.sort()).toEqual(['blocked', 'incoming', 'incoming', 'outgoing']);
  const incoming = await ann.ok('GET', '/contacts?state=incoming');
  expect(incoming.items.map((item: any) => item.user.username).sort()).toEqual(
    [others.d.username, others.f.username].sort(),
  );
  expect(incoming.items[0].since).toMatch(/^\d{4}-.*Z$/);
  expect(await ann.error('GET', '/contacts?state=none')).toMatchObject({ code: 'payload_invalid' });
  expect(await ann.error('GET', '/contacts?cursor=x')).toMatchObject({ code: 'cursor_invalid' });
});

it('refuses nobody, oneself and nonsense', async () => {
  expect(await ann.error('PUT', `/contacts/${ann.id}`, { action: 'request' })).toMatchObject({
    code: 'payload_invalid',
  });
  expect(await ann.error('PUT', `/contacts/${randomUUID()}`, { action: 'block' })).toMatchObject({
    code: 'user_not_found',
  });
  expect(await ann.error('PUT', `/contacts/${bob.id}`, { action: 'poke' })).toMatchObject({
    code: 'payload_invalid',
  });
  expect((await ann.call('DELETE', `/contacts/${randomUUID()}`)).status).toBe(204);
});
