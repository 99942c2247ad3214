import { randomUUID } from 'node:crypto';
import { PASSWORD, Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';

let server: TestApp;

beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.stop());

/** Every conversation whose count is not that of its members. */
const wrong = () =>
  server.source.query(
    `SELECT c.id, c.member_count FROM conversation c
     WHERE c.member_count <> (SELECT count(*) FROM member m WHERE m.conversation_id = c.id AND m.left_at IS NULL)`,
  );

it('follows every coming and going, also those of one moment', async () => {
  const { ann, bob, cleo, dora } = await Person.registerAll(server.url, 'ann', 'bob', 'cleo', 'dora');
  const input = { kind: 'group', title: 'g', memberIds: [bob.id], id: randomUUID() };
  const made = await ann.ok('POST', '/conversations', input);
  const again = await ann.ok('POST', '/conversations', input);
  expect([made, again].map(({ conversation }) => conversation.memberCount)).toEqual([2, 2]);
  const path = `/conversations/${input.id}`;
  const count = async () => (await ann.ok('GET', path)).memberCount as number;
  await Promise.all([
    ann.ok('POST', `${path}/members`, { userIds: [cleo.id, dora.id] }),
    ann.ok('POST', `${path}/members`, { userIds: [dora.id, bob.id] }),
  ]);
  expect(await count()).toBe(4);
  await Promise.all([
    ann.ok('DELETE', `${path}/members/${bob.id}`),
    cleo.ok('DELETE', `${path}/members/${cleo.id}`),
  ]);
  expect(await count()).toBe(2);
  await ann.ok('POST', `${path}/members`, { userIds: [bob.id] });
  expect((await ann.ok('PATCH', path, { title: 'h' })).memberCount).toBe(3);
  await dora.ok('DELETE', '/users/me', { password: PASSWORD });
  expect(await count()).toBe(2);
  // A change that fails leaves the count as it was.
  const gone = await ann.error('POST', `${path}/members`, { userIds: [cleo.id, dora.id] });
  expect(gone.code).toBe('user_not_found');
  expect(await ann.ok('POST', '/conversations', { kind: 'direct', memberIds: [bob.id] })).toMatchObject({
    conversation: { memberCount: 2 },
  });
  expect(await wrong()).toEqual([]);
});

it('refuses more members than a group may have', async () => {
  const { ann, bob } = await Person.registerAll(server.url, 'ann', 'bob');
  const { conversation } = await ann.ok('POST', '/conversations', {
    kind: 'group',
    title: 'g',
    memberIds: [],
  });
  await server.source.query('UPDATE conversation SET member_count = 100000 WHERE id = $1', [conversation.id]);
  const path = `/conversations/${conversation.id}/members`;
  expect(await ann.error('POST', path, { userIds: [bob.id] })).toMatchObject({ code: 'conversation_full' });
});
