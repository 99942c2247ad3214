import { randomUUID } from 'node:crypto';
import type { Changes, MessageSent, ServerEvents, SyncPage, Tokens } from '@parley/protocol';
import { WebSocket } from 'ws';
import { SystemClock } from '../src/common/clock';
import { decodeBusMessage, encodeBusMessage } from '../src/connections/bus/bus-codec';
import type { BusMessage } from '../src/connections/bus/bus-message';
import * as busPayload from '../src/connections/bus/bus-payload';
import { RedisBus } from '../src/connections/bus/redis-bus';
import { Frame } from '../src/connections/frame';
import { RedisPresenceStore } from '../src/presence/redis-presence-store';
import { Redis } from '../src/redis/redis';
import { Person, PASSWORD } from './support/person';
import { RedisServer } from './support/redis-server';
import { type Release, releases, sampleMessages, schemaQuery, type Table } from './support/release';
import { describeWith } from './support/require-program';
import { startApp, type TestApp } from './support/start-app';
import { eventually } from './support/until';

/** Of this process only: what Redis itself adds is the same for all. */
const PREFIX = 'parley:';

describe.each(releases().map((release) => [release.version, release] as const))('beside %s', (_, release) => {
  const current = sampleMessages();
  const kinds = Object.keys(release.messages) as BusMessage['type'][];

  it('what nodes tell one another is read alike by both', () => {
    expect(kinds.length).toBeGreaterThan(0);
    for (const kind of kinds) {
      const kept = Buffer.from(release.messages[kind]!, 'hex');
      expect(plain(decodeBusMessage(kept))).toEqual(plain(current[kind]));
      expect(plain(release.codec.decodeBusMessage(encodeBusMessage(current[kind])))).toEqual(
        plain(current[kind]),
      );
    }
  });

  it('what only one knows is dropped by the other', () => {
    for (const [kind, message] of Object.entries(current)) {
      const bytes = encodeBusMessage(message);
      if (!kinds.includes(message.type))
        expect([kind, release.codec.decodeBusMessage(bytes)]).toEqual([kind, null]);
    }
  });

  it('payloads and announcements are read alike, and those of a later format by nobody', () => {
    const node = '01a20d713fcc7d42851ab04fc434e071';
    const announcement = { node, number: 7, isWhole: true, changes: [5, 2 ** 31 + 9] };
    const messages = [Buffer.from('one'), Buffer.from('')];
    const payload = { node, number: 2, heard: 7, asks: true, leaves: false, messages };
    for (const [by, other] of [
      [release.payload, busPayload],
      [busPayload, release.payload],
    ] as const) {
      const [announced, sent] = [by.encodeAnnouncement(announcement), by.encodePayload(payload)];
      expect(other.decodeAnnouncement(announced)).toEqual(announcement);
      expect(other.decodePayload(sent)).toEqual(payload);
      for (const bytes of [announced, sent]) bytes[0]!++;
      expect([other.decodeAnnouncement(announced), other.decodePayload(sent)]).toEqual([null, null]);
    }
  });

  describe('on one database', () => {
    let server: TestApp;

    beforeAll(async () => {
      server = await startApp();
    });
    afterAll(() => server.stop());

    it('finds its tables, columns and unique indexes, and can write without knowing of others', async () => {
      const tables = await server.source.query<Table[]>(schemaQuery);
      for (const { table, columns, uniques } of release.tables) {
        const now = tables.find((each) => each.table === table);
        expect([table, now !== undefined]).toEqual([table, true]);
        const typeOf = (all: Table['columns']) =>
          Object.fromEntries(all.map(({ name, type }) => [name, type]));
        expect(typeOf(now!.columns)).toMatchObject(typeOf(columns));
        expect(now!.uniques).toEqual(expect.arrayContaining(uniques));
        const known = columns.map(({ name }) => name);
        const newAndRequired = now!.columns.filter(({ name, required }) => required && !known.includes(name));
        expect([table, newAndRequired]).toEqual([table, []]);
      }
    });

    it('its client chats with this server', () => chat(release, server.url));
  });

  describeWith('redis-server', 'on one Redis', () => {
    let redis: RedisServer;
    const closing: (() => Promise<unknown>)[] = [];

    beforeAll(async () => {
      redis = await RedisServer.start();
    });
    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close();
    });
    afterAll(() => redis.kill());

    /** How nodes of a release, or of now, reach Redis and one another. */
    interface Kind {
      Redis: typeof Redis;
      RedisBus: typeof RedisBus;
      RedisPresenceStore: typeof RedisPresenceStore;
    }
    const OLD: Kind = { ...release.redis, ...release.bus, ...release.presence };
    const NOW: Kind = { Redis, RedisBus, RedisPresenceStore };

    async function connect(kind: Kind): Promise<Redis> {
      const connected = await kind.Redis.connect([redis.url]);
      closing.push(() => connected.close());
      return connected;
    }

    async function bus(kind: Kind): Promise<RedisBus> {
      const made = new kind.RedisBus(await connect(kind), randomUUID(), PREFIX);
      closing.push(() => made.close());
      return made;
    }

    it('its nodes and those of now hear each other, and what they do not know hurts nobody', async () => {
      const [old, now] = [await bus(OLD), await bus(NOW)];
      const heard = new Map<RedisBus, BusMessage[]>([old, now].map((each) => [each, []]));
      const probe = Frame.push('typing.changed', { conversationId: randomUUID(), userId: 'x', on: true });
      const reached = new Set<RedisBus>();
      for (const [each, messages] of heard) {
        const joined = new Promise<void>((resolve) => each.onJoined(() => resolve()));
        each.join('x');
        each.subscribe((message) => {
          if (message.type === 'push' && message.userIds[0] === 'probe') reached.add(each);
          else messages.push(message);
        });
        await joined;
      }
      // What is told before one knows what the other wants to hear reaches nobody.
      await eventually(() => {
        for (const each of [old, now])
          each.publish(['x'], { type: 'push', userIds: ['probe'], frame: probe });
        return reached.size === 2;
      });
      for (const message of Object.values(current)) now.publish(['x'], message);
      for (const kind of kinds) old.publish(['x'], current[kind]);
      await eventually(
        () => heard.get(old)!.length === kinds.length && heard.get(now)!.length === kinds.length,
      );
      expect(heard.get(old)!.map(plain)).toEqual(kinds.map((kind) => plain(current[kind])));
      expect(heard.get(now)!.map(plain)).toEqual(kinds.map((kind) => plain(current[kind])));
    });

    it('a server tells people what a node of it says, and finds out by itself what it cannot read', async () => {
      const settings = { JWT_SECRET: randomUUID() + randomUUID(), REDIS_URL: redis.url };
      const server = await startApp(settings);
      // On the same database, with nothing else between them.
      const deaf = await startApp({ ...settings, REDIS_URL: '' }, {}, () => Promise.resolve(server.database));
      closing.push(
        () => server.stop(),
        () => deaf.stop(),
      );
      const { ann, bob } = await Person.registerAll(server.url, 'ann', 'bob');
      const anns = await ann.connect();
      closing.push(() => anns.close());
      const old = await bus(OLD);
      const { clients } = await connect(NOW);
      const frame = Frame.push('typing.changed', { conversationId: randomUUID(), userId: bob.id, on: true });
      let isTold = false;
      const typing = anns.next('typing.changed').then(() => (isTold = true));
      await eventually(() => {
        old.publish([`u:${ann.id}`], { type: 'push', userIds: [ann.id], frame });
        return isTold;
      });
      await typing;
      const id = randomUUID();
      const sent = (await bob
        .at(deaf.url)
        .ok('POST', '/messages', { to: ann.id, id, text: 'by the feed' })) as MessageSent;
      await clients[0]!.sPublish(`${PREFIX}nodes`, Buffer.from([1, 0, 0, 0, 9]));
      const { message } = await anns.next('message.created', (pushed) => pushed.message.id === id);
      expect(message).toMatchObject({ seq: sent.message.seq, text: 'by the feed' });
    });

    it('presence is counted over its nodes and those of now', async () => {
      const store = async (kind: Kind) => {
        const options = { nodeId: randomUUID(), ttlMs: 60_000 };
        const made = new kind.RedisPresenceStore(
          await connect(kind),
          await bus(kind),
          new SystemClock(),
          options,
        );
        closing.push(() => made.stop());
        return made;
      };
      const old = await store(OLD);
      const now = await store(NOW);
      const online = { userId: 'ann', status: 'online', own: 'online', lastSeenAt: null } as const;
      await old.open({ userId: 'ann', connectionId: '1' });
      expect((await now.read(['ann'])).get('ann')).toMatchObject({ connected: true });
      expect(await old.announce([online])).toHaveLength(1);
      expect(await now.announce([online])).toHaveLength(0);
      await now.open({ userId: 'ann', connectionId: '2' });
      await old.close({ userId: 'ann', connectionId: '1' });
      expect((await old.read(['ann'])).get('ann')).toMatchObject({ connected: true, lastSeenAt: null });
      await now.choose('ann', 'busy');
      expect((await old.read(['ann'])).get('ann')).toMatchObject({
        chosen: 'busy',
        announced: { status: 'online' },
      });
      await now.close({ userId: 'ann', connectionId: '2' });
      const [byOld, byNow] = [(await old.read(['ann'])).get('ann'), (await now.read(['ann'])).get('ann')];
      expect(byOld).toEqual(byNow);
      expect(byNow).toMatchObject({ connected: false, lastSeenAt: expect.any(Number) as number });
      // The death of a node of either kind is noticed by the other.
      await old.open({ userId: 'bob', connectionId: '3' });
      // Others may have died too.
      const doubted = new Promise<void>((resolve) => {
        now.onDoubt((userIds) => userIds.includes('bob') && resolve());
      });
      await old.stop();
      await doubted;
    });
  });
});

/** What people do with a client, by the client of a release. */
async function chat({ client: { ParleyRest, ParleySocket } }: Release, url: string): Promise<void> {
  const nobody = new ParleyRest({ url, fetch });
  const enter = async (name: string) => {
    const account = {
      username: `${name}-${randomUUID().slice(0, 8)}`,
      password: PASSWORD,
      displayName: name,
    };
    const tokens = await nobody.call<Tokens>('POST', '/v1/auth/register', account);
    const { accessToken, user } = tokens;
    const socket = await ParleySocket.connect({ url, accessToken, WebSocket });
    return { id: user.id, rest: nobody.as(accessToken), socket, tokens };
  };
  const [ann, bob] = [await enter('ann'), await enter('bob')];
  const next = <E extends keyof ServerEvents>(event: E, { socket }: typeof ann) =>
    new Promise<ServerEvents[E]>((resolve) => socket.on(event, resolve));
  const friends = next('contact.changed', bob);
  await ann.rest.call('PUT', `/v1/contacts/${bob.id}`, { action: 'request' });
  expect(await friends).toMatchObject({ userId: ann.id, state: 'incoming' });
  await bob.rest.call('PUT', `/v1/contacts/${ann.id}`, { action: 'accept' });

  const [created, arrived] = [next('conversation.created', bob), next('message.created', bob)];
  const { message } = await ann.socket.request('message.send', {
    id: randomUUID(),
    to: bob.id,
    text: 'hello',
  });
  const { conversationId, id } = message;
  expect(await created).toMatchObject({ conversationId });
  expect(await arrived).toMatchObject({ message: { id, seq: message.seq, text: 'hello' } });
  const [read, typing, busy] = [
    next('receipt.updated', ann),
    next('typing.changed', ann),
    next('presence.changed', ann),
  ];
  await bob.socket.request('receipt.read', { conversationId, seq: message.seq });
  expect(await read).toMatchObject({ userId: bob.id, readSeq: message.seq });
  await bob.socket.request('typing.set', { conversationId, on: true });
  expect(await typing).toMatchObject({ userId: bob.id, on: true });
  await bob.socket.request('presence.set', { status: 'busy' });
  expect((await busy).userId).toBe(bob.id);
  const edited = next('message.updated', bob);
  await ann.socket.request('message.edit', { conversationId, id, text: 'hello again' });
  expect(await edited).toMatchObject({ message: { id, text: 'hello again' } });

  const { conversations, cursor }: SyncPage = await bob.socket.request('sync', {});
  expect(cursor).toEqual(expect.any(String));
  expect(conversations).toMatchObject([
    { id: conversationId, unread: 0, lastMessage: { text: 'hello again' } },
  ]);
  const changes: Changes = await bob.socket.request('changes', {
    conversationId,
    afterVersion: 0,
    afterSeq: 0,
    limit: 10,
  });
  expect(changes.messages).toMatchObject([{ id, text: 'hello again' }]);
  const refreshed = await nobody.call<Tokens>('POST', '/v1/auth/refresh', {
    refreshToken: ann.tokens.refreshToken,
  });
  await ann.socket.request('auth.refresh', { accessToken: refreshed.accessToken });
  await ann.rest.as(refreshed.accessToken).call('POST', '/v1/auth/logout');
  expect(await ann.socket.closed).toMatchObject({ code: 4409, advice: 'stop' });
  bob.socket.close();
  await bob.socket.closed;
}

/** A message with what its frames say, whichever version's they are. */
function plain(message: BusMessage | null): unknown {
  return JSON.parse(
    JSON.stringify(message, (_key, value: { bytes?: Frame['bytes']; ephemeral?: boolean } | null) =>
      value?.bytes ? { says: value.bytes('json').toString(), ephemeral: value.ephemeral } : value,
    ),
  );
}
