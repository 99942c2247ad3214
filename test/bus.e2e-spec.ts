import { randomUUID } from 'node:crypto';
import type { MessageSent } from '@parley/protocol';
import { createClient } from 'redis';
import { Revocations } from '../src/auth/revocations';
import { GapFiller } from '../src/chat/gap-filler';
import { nodeBusContract } from '../src/connections/bus/node-bus.contract';
import { RedisBus } from '../src/connections/bus/redis-bus';
import { Redis } from '../src/redis/redis';
import { CommitFeed } from '../src/timeline/commit-feed';
import { ContactFeed } from '../src/users/contact-feed';
import { eventually } from './support/until';
import { Person } from './support/person';
import { RedisServer } from './support/redis-server';
import { describeWith } from './support/require-program';
import { startApp, type TestApp } from './support/start-app';
import type { TestSocket } from './support/test-socket';

describeWith('redis-server', 'Redis between nodes', () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.kill());

  nodeBusContract('RedisBus', async () => {
    const client = await Redis.connect([redis.url]);
    const bus = new RedisBus(client, randomUUID(), 'contract:');
    const close = bus.close.bind(bus);
    bus.close = () => close().then(() => client.close());
    return bus;
  });

  describe('two servers', () => {
    const LARGE = 4;
    const servers: TestApp[] = [];
    const fills: jest.SpyInstance[] = [];
    let ann: Person;
    let bob: Person;
    let eve: Person;

    beforeAll(async () => {
      const settings = {
        ...{ JWT_SECRET: randomUUID(), REDIS_URL: redis.url, GROUP_CHANNEL_MEMBERS: String(LARGE) },
      };
      servers.push(await startApp(settings));
      servers.push(await startApp(settings, {}, () => Promise.resolve(servers[0]!.database)));
      for (const { app } of servers) fills.push(jest.spyOn(app.get(GapFiller), 'fill'));
    });
    beforeEach(async () => {
      ({ ann, bob, eve } = await Person.registerAll(servers[0]!.url, 'ann', 'bob', 'eve'));
    });
    afterEach(async () => {
      for (const socket of sockets.splice(0)) await socket.close();
    });
    afterAll(async () => {
      for (const server of servers.reverse()) await server.stop();
    });

    const sockets: TestSocket[] = [];
    async function connect(index: number, person: Person): Promise<TestSocket> {
      const socket = await person.at(servers[index]!.url).connect();
      sockets.push(socket);
      return socket;
    }

    async function group(...members: Person[]): Promise<string> {
      const memberIds = members.map(({ id }) => id);
      const { conversation } = await ann.ok('POST', '/conversations', { kind: 'group', memberIds });
      return conversation.id as string;
    }

    const send = (socket: TestSocket, conversationId: string, text: string) =>
      socket.request('message.send', { id: randomUUID(), conversationId, text }) as Promise<MessageSent>;

    /** Until the bus carries what concerns somebody: joining a channel takes a moment. */
    async function listening(from: TestSocket, to: TestSocket, conversationId: string): Promise<void> {
      let heard = false;
      const typing = to.next('typing.changed').then(() => (heard = true));
      await eventually(async () => {
        await from.request('typing.set', { conversationId, on: true });
        return heard;
      });
      await typing;
      await to.settle();
    }

    it('messages, changes, receipts, typing and unread arrive without a look into the database', async () => {
      const [anns, bobs] = [await connect(0, ann), await connect(1, bob)];
      const conversationId = await group(bob);
      await bobs.next('conversation.created');
      await listening(anns, bobs, conversationId);
      await send(anns, conversationId, 'first');
      expect((await bobs.next('message.created', ({ message }) => message.seq === 2)).message.text).toBe(
        'first',
      );
      for (const fill of fills) fill.mockClear();
      const { message } = await send(anns, conversationId, 'hello');
      expect((await bobs.next('message.created', ({ message: { seq } }) => seq === 3)).message.text).toBe(
        'hello',
      );
      await anns.request('message.edit', { id: message.id, conversationId, text: 'edited' });
      expect((await bobs.next('message.updated')).message.text).toBe('edited');
      await bobs.request('receipt.read', { conversationId, seq: 2 });
      expect(await anns.next('receipt.updated')).toMatchObject({ userId: bob.id, readSeq: 2 });
      await anns.request('message.delete', { id: message.id, conversationId });
      expect(await bobs.next('unread.updated', ({ unread }) => unread === 0)).toMatchObject({
        conversationId,
      });
      expect(fills.map((fill) => fill.mock.calls.length)).toEqual([0, 0]);
    });

    it('what is taken back acts without a look at the feeds', async () => {
      const { app, url } = servers[1]!;
      const looks = [
        jest.spyOn(app.get(Revocations), 'poll').mockResolvedValue(),
        jest.spyOn(app.get(CommitFeed), 'read').mockResolvedValue([]),
        jest.spyOn(app.get(ContactFeed), 'poll').mockResolvedValue(),
      ];
      const conversationId = await group(bob, eve);
      const bobs = await connect(1, bob);
      await send(bobs, conversationId, 'cached here');
      const read = () => eve.at(url).call('GET', `/conversations/${conversationId}/messages`);
      expect((await read()).status).toBe(200);
      // Nobody of hers is connected there.
      await ann.ok('DELETE', `/conversations/${conversationId}/members/${eve.id}`);
      await eventually(async () => (await read()).status === 404);
      const invite = () => bob.at(url).call('POST', '/conversations', { kind: 'group', memberIds: [ann.id] });
      expect((await invite()).status).toBe(201);
      await ann.ok('PUT', `/contacts/${bob.id}`, { action: 'block' });
      await eventually(async () => (await invite()).status === 403);
      await bob.ok('POST', '/auth/logout');
      expect(await bobs.closed).toMatchObject({ code: 4409 });
      for (const look of looks) look.mockRestore();
    });

    it('a large group is told on a channel of its own, also to who joins it', async () => {
      const others = await Promise.all(
        Array.from({ length: LARGE }, (_, i) => Person.register(servers[0]!.url, `other${i}`)),
      );
      const conversationId = await group(bob, ...others);
      const [anns, bobs, eves] = [await connect(0, ann), await connect(1, bob), await connect(1, eve)];
      await listening(anns, bobs, conversationId);
      await send(anns, conversationId, 'first');
      await bobs.next('message.created', ({ message }) => message.text === 'first');
      await ann.ok('POST', `/conversations/${conversationId}/members`, { userIds: [eve.id] });
      await eves.next('conversation.created');
      await bobs.next('member.changed');
      for (const fill of fills) fill.mockClear();
      await send(anns, conversationId, 'to all');
      for (const socket of [bobs, eves]) {
        await socket.next('message.created', ({ message }) => message.text === 'to all');
      }
      expect(fills.map((fill) => fill.mock.calls.length)).toEqual([0, 0]);
    });

    it('two who write at once see one order without a gap', async () => {
      const conversationId = await group(bob, eve);
      const all = [await connect(0, ann), await connect(1, bob)];
      const reader = await connect(1, eve);
      const texts = 60;
      await Promise.all(
        all.map(async (socket) => {
          for (let i = 0; i < texts; i++) await send(socket, conversationId, `${i}`);
        }),
      );
      const seen: number[] = [];
      while (seen.at(-1) !== 2 * texts + 1) {
        const { message } = await reader.next('message.created');
        if (message.conversationId === conversationId) seen.push(message.seq);
      }
      expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => i + (seen[0] ?? 0)));
    });

    it.each([
      ['killed and started again', () => redis.kill(), () => redis.startAgain()],
      ['frozen', async () => redis.freeze(), async () => redis.thaw()],
      ['cut from its subscribers', () => killSubscribers(), async () => undefined],
    ])('with Redis %s all goes on, a little later', async (_, begin, end) => {
      const [anns, bobs] = [await connect(0, ann), await connect(1, bob)];
      const conversationId = await group(bob);
      await send(anns, conversationId, 'before');
      await bobs.next('message.created', ({ message }) => message.text === 'before');
      await begin();
      for (let i = 0; i < 5; i++) {
        await send(anns, conversationId, `during ${i}`);
        await bobs.next('message.created', ({ message }) => message.text === `during ${i}`);
      }
      await end();
      await listening(anns, bobs, conversationId);
      await send(anns, conversationId, 'after');
      await bobs.next('message.created', ({ message }) => message.text === 'after');
      await bobs.settle();
      expect(bobs.all('message.created').filter(({ message }) => message.kind === 'text')).toEqual([]);
    });

    it.each([
      ['killed and started again', () => redis.kill(), () => redis.startAgain()],
      ['cut from its subscribers', async () => undefined, () => killSubscribers()],
      ['cut from its publishers', async () => undefined, () => killPublishers()],
    ])('cursors, counts and what is hidden come after Redis was %s', async (_, begin, end) => {
      const [anns, bobs] = [await connect(0, ann), await connect(1, bob)];
      const bobsOther = await connect(0, bob);
      const conversationId = await group(bob);
      await listening(anns, bobs, conversationId);
      const [, second] = [await send(anns, conversationId, 'one'), await send(anns, conversationId, 'two')];
      await begin();
      // Nothing of this is carried, or it is carried to who has just been cut off.
      const moving = bobs.request('receipt.read', { conversationId, seq: 2 });
      await end();
      await moving;
      await bobs.request('message.delete', { conversationId, id: second.message.id, forMe: true });
      await anns.next('receipt.updated', ({ userId, readSeq }) => userId === bob.id && readSeq === 2);
      expect(await bobsOther.next('message.hidden')).toMatchObject({ conversationId, seq: 3 });
      const { unread, readSeq } = await bobsOther.next('unread.updated', (count) => count.unread === 0);
      expect({ unread, readSeq }).toEqual({ unread: 0, readSeq: 2 });
    });

    it('a cursor moved to where it is already is told once more: the process that moved it may have died', async () => {
      const [anns, bobs] = [await connect(0, ann), await connect(1, bob)];
      const conversationId = await group(bob);
      await listening(anns, bobs, conversationId);
      for (const socket of [bobs, await connect(0, bob)]) {
        await socket.request('receipt.read', { conversationId, seq: 1 });
        expect(await anns.next('receipt.updated')).toMatchObject({ userId: bob.id, readSeq: 1 });
      }
    });

    const killSubscribers = () => killClients('pubsub');
    const killPublishers = () => killClients('normal');

    async function killClients(type: string): Promise<void> {
      const client = createClient({ url: redis.url });
      await client.connect();
      await client.sendCommand(['CLIENT', 'KILL', 'TYPE', type]);
      client.destroy();
    }
  });
});
