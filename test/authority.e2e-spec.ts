import { randomUUID } from 'node:crypto';
import type { ErrorBody, MessageSent } from '@parley/protocol';
import { createClient } from 'redis';
import { Installation } from './support/installation';
import { PASSWORD, Person, call } from './support/person';
import { RedisServer } from './support/redis-server';
import { describeWith } from './support/require-program';
import type { ServerProcess } from './support/server-process';
import { Second } from './support/second';
import type { TestSocket } from './support/test-socket';
import { eventually } from './support/until';

/** What becomes of the bus before somebody acts, and after the test. */
const MODES: [string, (redis: RedisServer) => Promise<void>, (redis: RedisServer) => Promise<void>][] = [
  ['the bus is there', () => Promise.resolve(), () => Promise.resolve()],
  ['subscribers are cut off', cutSubscribers, () => Promise.resolve()],
  ['Redis is frozen', async (redis) => redis.freeze(), async (redis) => redis.thaw()],
  ['Redis is gone', (redis) => redis.kill(), (redis) => redis.startAgain()],
];

describeWith('redis-server', 'what one server takes back', () => {
  let redis: RedisServer;
  let here: Installation;
  let there: ServerProcess;
  let second: Second;

  beforeAll(async () => {
    redis = await RedisServer.start();
    here = await Installation.start({ REDIS_URL: redis.url, JWT_SECRET: randomUUID() + randomUUID() });
    there = await here.peer();
    second = new Second(await here.session());
  }, 60_000);
  afterAll(async () => {
    await second.end();
    redis.thaw();
    await there.end('SIGKILL');
    await here.remove();
    await redis.kill();
  });

  const register = <N extends string>(...names: N[]) => Person.registerAll(here.url, ...names);
  const elsewhere = (person: Person) => person.at(there.url);

  async function direct(from: Person, to: Person): Promise<string> {
    const sent = (await from.ok('POST', '/messages', {
      to: to.id,
      id: randomUUID(),
      text: 'first',
    })) as MessageSent;
    return sent.message.conversationId;
  }

  describe.each(MODES)('when %s', (_, begin, end) => {
    afterEach(() => end(redis));

    const ENDINGS: [string, (person: Person) => Promise<unknown>][] = [
      ['logs out', (person) => person.ok('POST', '/auth/logout')],
      ['ends the session', (person) => person.ok('DELETE', `/auth/sessions/${person.tokens.sessionId}`)],
      ['changes the password elsewhere', changePassword],
      ['shows an old refresh token', reuseToken],
      ['deletes the account', (person) => person.ok('DELETE', '/users/me', { password: PASSWORD })],
    ];
    it.each(ENDINGS)('a session is over on the other server when somebody %s', async (_name, act) => {
      const { ann, bob } = await register('ann', 'bob');
      const conversationId = await direct(ann, bob);
      const socket = await elsewhere(bob).connect();
      await elsewhere(bob).ok('GET', '/users/me');
      await begin(redis);
      await act(bob);
      const { code } = await second.within(socket.closed);
      expect(code).toBe(4409);
      expect(await elsewhere(bob).error('GET', '/users/me')).toMatchObject({ code: 'session_revoked' });
      const send = { id: randomUUID(), text: 'once more' };
      expect(
        await elsewhere(bob).error('POST', `/conversations/${conversationId}/messages`, send),
      ).toMatchObject({ code: 'session_revoked' });
      await expect(elsewhere(bob).connect()).rejects.toThrow('401');
    });

    const GOINGS: [string, (ann: Person, bob: Person) => Person][] = [
      ['was removed', (ann) => ann],
      ['has left', (_ann, bob) => bob],
    ];
    it.each(GOINGS)('nothing of a group reaches on the other server who %s', async (_name, byWhom) => {
      const { ann, bob, eve } = await register('ann', 'bob', 'eve');
      const memberIds = [bob.id, eve.id];
      const { conversation } = await ann.ok('POST', '/conversations', { kind: 'group', memberIds });
      const conversationId = conversation.id as string;
      const [bobs, eves] = [await elsewhere(bob).connect(), await elsewhere(eve).connect()];
      const [first] = [await say(bobs, conversationId), await say(eves, conversationId)];
      await bobs.request('presence.watch', { userIds: [eve.id] });
      await begin(redis);
      await byWhom(ann, bob).ok('DELETE', `/conversations/${conversationId}/members/${bob.id}`);
      await second.within(bobs.next('conversation.removed'));
      await bobs.settle();
      bobs.frames.length = 0;

      await say(eves, conversationId);
      await eves.request('typing.set', { conversationId, on: true });
      await eves.request('receipt.read', { conversationId, seq: first.message.seq });
      await eves.request('presence.set', { status: 'busy' }).catch(unavailable);
      await bobs.settle();
      expect(bobs.frames).toEqual([]);
      const acts: [string, object][] = [
        ['message.send', { id: randomUUID(), conversationId, text: 'still here' }],
        ['typing.set', { conversationId, on: true }],
        ['receipt.read', { conversationId, seq: 1 }],
        ['changes', { conversationId, afterVersion: 0, afterSeq: 0 }],
      ];
      for (const [event, data] of acts) {
        await expect(bobs.request(event, data)).rejects.toMatchObject({ code: 'conversation_not_found' });
      }
    });

    it('who is removed cannot go on over REST of the other server, to which nobody is connected', async () => {
      const { ann, bob } = await register('ann', 'bob');
      const { conversation } = await ann.ok('POST', '/conversations', { kind: 'group', memberIds: [bob.id] });
      const path = `/conversations/${conversation.id as string}/messages`;
      await elsewhere(bob).ok('GET', path);
      await begin(redis);
      await ann.ok('DELETE', `/conversations/${conversation.id as string}/members/${bob.id}`);
      await second.within(eventually(async () => (await elsewhere(bob).call('GET', path)).status === 404));
    });

    it('a block and its end act on the other server', async () => {
      const { ann, bob, eve } = await register('ann', 'bob', 'eve');
      for (const other of [bob, eve]) await befriend(ann, other);
      await befriend(eve, bob);
      const conversationId = await direct(ann, bob);
      const [anns, bobs] = [await ann.connect(), await elsewhere(bob).connect()];
      await say(bobs, conversationId);
      await begin(redis);
      await ann.ok('PUT', `/contacts/${bob.id}`, { action: 'block' });
      await second.within(eventually(() => isRefused(say(bobs, conversationId), 'blocked')));
      await anns.settle();
      anns.frames.length = 0;

      await bobs.request('typing.set', { conversationId, on: true });
      const [eves] = [await eve.connect()];
      const isShared = await bobs.request('presence.set', { status: 'busy' }).then(() => true, unavailable);
      // She is told by the server that would tell Ann.
      if (isShared)
        await eves.next('presence.changed', ({ userId, status }) => userId === bob.id && status === 'busy');
      await anns.settle();
      expect(anns.frames.filter(({ data }) => (data as { userId?: string }).userId === bob.id)).toEqual([]);

      await ann.ok('PUT', `/contacts/${bob.id}`, { action: 'unblock' });
      await eventually(async () => !(await isRefused(say(bobs, conversationId), 'blocked')));
    });
  });

  describe('what waits for a lock on one server', () => {
    it('is not done any more when its session has ended meanwhile', async () => {
      const { ann, bob } = await register('ann', 'bob');
      const { conversation } = await ann.ok('POST', '/conversations', { kind: 'group', memberIds: [bob.id] });
      const conversationId = conversation.id as string;
      const bobs = await elsewhere(bob).connect();
      const { message } = await say(bobs, conversationId);
      const { free } = await lock(conversationId);
      const path = `/conversations/${conversationId}/messages`;
      const sending = elsewhere(bob).error('POST', path, { id: randomUUID(), text: 'too late' });
      const editing = elsewhere(bob).error('PATCH', `${path}/${message.id}`, { text: 'too late' });
      await free(async () => {
        await bob.ok('POST', '/auth/logout');
        await bobs.closed;
      });
      for (const failing of [sending, editing])
        expect(await failing).toMatchObject({ code: 'session_revoked' });
      const { messages } = await ann.ok('GET', path);
      expect((messages as { text: string }[]).filter(({ text }) => text === 'too late')).toEqual([]);
    });

    it('is not done any more when somebody has blocked meanwhile, and a retry of what was done is', async () => {
      const { ann, bob } = await register('ann', 'bob');
      const conversationId = await direct(ann, bob);
      const path = `/conversations/${conversationId}/messages`;
      const done = { id: randomUUID(), text: 'in time' };
      await elsewhere(bob).ok('POST', path, done);
      const { free } = await lock(conversationId);
      const late = elsewhere(bob).error('POST', path, { id: randomUUID(), text: 'too late' });
      const again = elsewhere(bob).ok('POST', path, done);
      await free(async () => {
        await ann.ok('PUT', `/contacts/${bob.id}`, { action: 'block' });
        const invite = { kind: 'group', memberIds: [ann.id] };
        await eventually(
          async () => (await elsewhere(bob).call('POST', '/conversations', invite)).status === 403,
        );
      });
      expect(await late).toMatchObject({ code: 'blocked' });
      expect(await again).toMatchObject({ duplicate: true });
    });

    /** Holds a conversation until `free`, which waits until somebody waits for it, acts, and lets go. */
    async function lock(conversationId: string) {
      const [holder, watcher] = [await here.session(), await here.session()];
      await holder.query('BEGIN');
      await holder.query('SELECT FROM conversation WHERE id = $1 FOR UPDATE', [conversationId]);
      const free = async (act: () => Promise<void>) => {
        const waiting = `SELECT FROM pg_stat_activity WHERE application_name = 'parley' AND wait_event_type = 'Lock'`;
        await eventually(async () => ((await watcher.query(waiting)).rowCount ?? 0) > 0);
        await act();
        await holder.query('COMMIT');
        await Promise.all([holder.end(), watcher.end()]);
      };
      return { free };
    }
  });
});

const say = (socket: TestSocket, conversationId: string) =>
  socket.request('message.send', { id: randomUUID(), conversationId, text: 'hello' }) as Promise<MessageSent>;

async function isRefused(request: Promise<unknown>, code: string): Promise<boolean> {
  try {
    await request;
    return false;
  } catch (error) {
    expect(error).toMatchObject({ code });
    return true;
  }
}

/** Presence is in Redis, and may be away with it. */
function unavailable(error: ErrorBody): false {
  expect(error).toMatchObject({ code: 'unavailable' });
  return false;
}

async function befriend(ann: Person, bob: Person): Promise<void> {
  await ann.ok('PUT', `/contacts/${bob.id}`, { action: 'request' });
  await bob.ok('PUT', `/contacts/${ann.id}`, { action: 'accept' });
}

async function changePassword(person: Person): Promise<void> {
  const other = await person.login();
  const change = { currentPassword: PASSWORD, newPassword: 'another battery' };
  await other.ok('POST', '/auth/password', change);
}

/** Somebody has stolen the first of three. */
async function reuseToken(person: Person): Promise<void> {
  const refresh = (refreshToken: string) => call(person.url, 'POST', '/v1/auth/refresh', { refreshToken });
  const first = person.tokens.refreshToken;
  const { body } = await refresh(first);
  await refresh((body as { refreshToken: string }).refreshToken);
  expect(await refresh(first)).toMatchObject({ status: 401 });
}

async function cutSubscribers(redis: RedisServer): Promise<void> {
  const client = createClient({ url: redis.url });
  await client.connect();
  await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
  client.destroy();
}
