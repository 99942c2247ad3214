import { randomUUID } from 'node:crypto';
import { LIMITS } from '@parley/protocol';
import { Client } from 'pg';
import document from '../docs/openapi.json';
import { makeAdministrator } from './support/administrator';
import { call, Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';

let server: TestApp;
let ann: Person;
let bob: Person;
let cleo: Person;

beforeAll(async () => {
  server = await startApp();
  ({ ann, bob, cleo } = await Person.registerAll(server.url, 'ann', 'bob', 'cleo'));
  // Others are told so before anybody looks at what they ask for.
  await makeAdministrator(server, ann);
});
afterAll(() => server.stop());

interface Operation {
  method: string;
  template: string;
  body: object | undefined;
}

/** Every operation that needs a token. */
const secured: Operation[] = Object.entries(document.paths).flatMap(([template, operations]) =>
  Object.entries(operations as Record<string, { security?: unknown; requestBody?: unknown }>)
    .filter(([, { security }]) => security)
    .map(([method, { requestBody }]) => {
      return { method: method.toUpperCase(), template, body: requestBody ? {} : undefined };
    }),
);

/** A path with random ids, but for one parameter. */
const fill = (template: string, parameter?: string, value = '') =>
  template.replaceAll(/\{(\w+)\}/g, (_, name) => (name === parameter ? value : randomUUID()));

async function group(...others: Person[]): Promise<string> {
  const memberIds = others.map((person) => person.id);
  const made = await ann.ok('POST', '/conversations', { kind: 'group', title: 'Plans', memberIds });
  return made.conversation.id;
}

async function direct(from: Person, to: Person): Promise<string> {
  const made = await from.ok('POST', '/conversations', { kind: 'direct', memberIds: [to.id] });
  return made.conversation.id;
}

const text = (words = 'x') => ({ id: randomUUID(), text: words });

const notThere = { status: 404, code: 'conversation_not_found' };
const invalid = { status: 400, code: 'payload_invalid' };

describe('every operation', () => {
  it.each(secured)('$method $template takes a token', async ({ method, template, body }) => {
    for (const token of [undefined, 'nonsense']) {
      const answer = await call(server.url, method, fill(template), body, token);
      expect(answer).toMatchObject({ status: 401, body: { error: { code: 'unauthenticated' } } });
    }
  });

  const ours = ({ template }: Operation) => template.replace('{externalId}', 'of the product');
  const withIds = secured.filter((operation) => ours(operation).includes('{'));
  it.each(withIds)('$method $template takes UUIDs', async ({ method, template, body }) => {
    for (const [, parameter] of template.matchAll(/\{(\w+Id)\}/g)) {
      for (const id of ['7', `${randomUUID()}0`, '%00']) {
        const path = fill(template, parameter, id).replace('/v1', '');
        const error = await ann.error(method, path, body);
        expect(error).toMatchObject({ ...invalid, message: 'An id in the path is not a UUID.' });
      }
    }
  });
});

describe('contacts', () => {
  it('are removed once, or never were: it is the same; oneself is none', async () => {
    const nobody = `/contacts/${randomUUID()}`;
    for (const path of [nobody, nobody, `/contacts/${cleo.id}`]) {
      expect(await ann.call('DELETE', path)).toEqual({ status: 204, body: undefined });
    }
    expect(await ann.error('DELETE', `/contacts/${ann.id}`)).toMatchObject(invalid);
    expect((await ann.ok('GET', '/contacts')).items).toEqual([]);
  });
});

describe.each(['delivered', 'read'])('receipts/%s', (cursor) => {
  it('is for members, of messages that are there, named in one way', async () => {
    const id = await group(bob);
    const elsewhere = await ann.ok('POST', `/conversations/${await group(bob)}/messages`, text());
    const path = `/conversations/${id}/receipts/${cursor}`;
    expect(await cleo.error('POST', path, { seq: 1 })).toMatchObject(notThere);
    for (const messageId of [randomUUID(), elsewhere.message.id]) {
      const error = await bob.error('POST', path, { messageId });
      expect(error).toMatchObject({ status: 404, code: 'message_not_found' });
    }
    const { message } = await ann.ok('POST', `/conversations/${id}/messages`, text());
    const both = { seq: message.seq, messageId: message.id };
    for (const wrong of [{}, both, { seq: 0 }, { seq: 1.5 }, { seq: '1' }, { messageId: 'x' }]) {
      expect(await bob.error('POST', path, wrong)).toMatchObject(invalid);
    }
    const { items } = await bob.ok('GET', `/conversations/${id}/receipts`);
    expect(items).toContainEqual({ conversationId: id, userId: bob.id, deliveredSeq: 0, readSeq: 0 });
  });
});

describe('groups', () => {
  it('are handed over to members only, and direct conversations to nobody', async () => {
    const path = `/conversations/${await group(bob)}/handover`;
    for (const userId of [cleo.id, randomUUID()]) {
      const error = await ann.error('POST', path, { userId });
      expect(error).toMatchObject({ status: 404, code: 'member_not_found' });
    }
    expect(await bob.error('POST', path, { userId: bob.id })).toMatchObject({ status: 403 });
    expect(await cleo.error('POST', path, { userId: cleo.id })).toMatchObject(notThere);
    const ofTwo = `/conversations/${await direct(ann, bob)}/handover`;
    const error = await ann.error('POST', ofTwo, { userId: bob.id });
    expect(error).toMatchObject({ status: 409, code: 'not_a_group' });
  });

  it('are not there for strangers', async () => {
    const path = `/conversations/${await group(bob)}`;
    expect(await cleo.error('GET', `${path}/members`)).toMatchObject(notThere);
    expect(await cleo.error('PATCH', path, { title: 'Mine' })).toMatchObject(notThere);
    const userIds = [cleo.id];
    expect(await cleo.error('POST', `${path}/members`, { userIds })).toMatchObject(notThere);
    expect(await ann.ok('GET', path)).toMatchObject({ title: 'Plans', version: 1, memberCount: 2 });
  });

  it('take in people who exist, or nobody of the request', async () => {
    const path = `/conversations/${await group(bob)}`;
    expect(await ann.error('POST', `${path}/members`, { userIds: [] })).toMatchObject(invalid);
    const error = await ann.error('POST', `${path}/members`, { userIds: [cleo.id, randomUUID()] });
    expect(error).toMatchObject({ status: 404, code: 'user_not_found' });
    expect(await ann.ok('GET', path)).toMatchObject({ memberCount: 2 });
  });

  it('are full at their limit', async () => {
    const id = await group();
    await server.source.query(
      `INSERT INTO member (conversation_id, user_id) SELECT $1, gen_random_uuid() FROM generate_series(1, $2)`,
      [id, LIMITS.groupMembers - 2],
    );
    await server.source.query(
      `UPDATE conversation SET member_count = (SELECT count(*) FROM member WHERE conversation_id = $1) WHERE id = $1`,
      [id],
    );
    const members = `/conversations/${id}/members`;
    const full = { status: 409, code: 'conversation_full' };
    expect(await ann.error('POST', members, { userIds: [bob.id, cleo.id] })).toMatchObject(full);
    await ann.ok('POST', members, { userIds: [bob.id] });
    expect(await ann.error('POST', members, { userIds: [cleo.id] })).toMatchObject(full);
    expect(await ann.ok('POST', members, { userIds: [bob.id] })).toEqual({ members: [] });
    await server.source.query('DELETE FROM member WHERE conversation_id = $1', [id]);
  });
});

describe('messages', () => {
  it('to a user have an id for one request only', async () => {
    const sent = { ...text(), to: bob.id };
    const conflict = { status: 409, code: 'id_conflict' };
    await ann.ok('POST', '/messages', sent);
    expect(await ann.error('POST', '/messages', { ...sent, text: 'y' })).toMatchObject(conflict);
    expect(await bob.error('POST', '/messages', { ...sent, to: ann.id })).toMatchObject(conflict);
  });

  it('do not cross a block, in neither direction', async () => {
    const { eve, fay } = await Person.registerAll(server.url, 'eve', 'fay');
    const path = `/conversations/${await direct(eve, fay)}/messages`;
    await fay.ok('PUT', `/contacts/${eve.id}`, { action: 'block' });
    for (const person of [eve, fay]) {
      expect(await person.error('POST', path, text())).toMatchObject({ status: 403, code: 'blocked' });
    }
    expect((await fay.ok('GET', path)).messages).toEqual([]);
  });

  it('are refused when their body is too large', async () => {
    const input = text('x'.repeat(LIMITS.frameBytes));
    const tooLarge = { status: 413, code: 'payload_too_large' };
    const path = `/conversations/${await direct(ann, bob)}/messages`;
    expect(await ann.error('POST', path, input)).toMatchObject(tooLarge);
    expect(await ann.error('POST', '/messages', { ...input, to: bob.id })).toMatchObject(tooLarge);
  });
});

it('nobody ends the sessions of others', async () => {
  for (const sessionId of [bob.tokens.sessionId, randomUUID()]) {
    const error = await ann.error('DELETE', `/auth/sessions/${sessionId}`);
    expect(error).toMatchObject({ status: 404, code: 'session_not_found' });
  }
  expect((await bob.call('GET', '/auth/sessions')).status).toBe(200);
});

describe('without its database', () => {
  it('the server is not ready, and is again when it comes back', async () => {
    const lonely = await startApp();
    const gus = await Person.register(lonely.url, 'gus');
    const ready = () => call(lonely.url, 'GET', '/health/ready');
    const { database } = lonely.database;
    const admin = new Client({ ...lonely.database, database: 'postgres' });
    await admin.connect();
    try {
      await admin.query(`ALTER DATABASE "${database}" ALLOW_CONNECTIONS false`);
      const end = 'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1';
      await admin.query(end, [database]);
      expect(await ready()).toMatchObject({
        status: 503,
        body: { error: { code: 'unavailable', details: { database: { status: 'down' } } } },
      });
      expect((await call(lonely.url, 'GET', '/health/live')).status).toBe(200);
      const refused = { status: 503, code: 'unavailable', retryable: true };
      expect(await gus.error('GET', '/conversations')).toMatchObject(refused);
      await admin.query(`ALTER DATABASE "${database}" ALLOW_CONNECTIONS true`);
      expect((await ready()).status).toBe(200);
      await gus.ok('GET', '/conversations');
    } finally {
      await admin.end();
      await lonely.stop();
    }
  });
});
