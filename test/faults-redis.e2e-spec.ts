import { randomUUID } from 'node:crypto';
import { CLOSE } from '@parley/protocol';
import { Apps, until } from './support/apps';
import { call, Person } from './support/person';
import { RedisServer } from './support/redis-server';
import { describeWith } from './support/require-program';
import { startApp } from './support/start-app';
import { Talk } from './support/talk';

// On a busy machine it takes long until everything is noticed, on both sides.
jest.setTimeout(120_000);

const UP = { status: 'up', state: 'up', hearsOtherNodes: true };

describeWith('redis-server', 'Redis that fails, between two servers', () => {
  let redis: RedisServer;
  let nodes: Apps;

  beforeAll(async () => {
    redis = await RedisServer.start();
    nodes = await Apps.start([redis.url, redis.url], { PRESENCE_GRACE: '0' });
  });
  afterEach(async () => {
    if (redis.isRunning) redis.thaw();
    else await redis.startAgain();
    await nodes.closeSockets();
    await nodes.joined();
  });
  afterAll(async () => {
    await nodes.stop();
    await redis.kill();
  });

  const resubscribed = () => [0, 1].map((i) => nodes.bus(i).stats.resubscribed);

  /** Until both servers have noticed that their subscriptions were cut, and have new ones. */
  async function cutAndBack(before: number[]): Promise<void> {
    await until('both subscribe anew', () => resubscribed().every((count, i) => count > before[i]!));
  }

  it('killed and started again, empty: everything arrives, and presence knows nothing before it is right', async () => {
    const talk = await Talk.begin(nodes);
    await redis.kill();
    await until('both notice', () => [0, 1].every((i) => !nodes.bus(i).isUp));
    await talk.further(100);
    await redis.startAgain();
    await nodes.joined();
    await talk.carried();
    await talk.end();
    expect(talk.statuses).toContain('unknown');
  });

  it('frozen until it is given up, and thawed', async () => {
    const talk = await Talk.begin(nodes);
    redis.freeze();
    await until('both notice', () => [0, 1].every((i) => !nodes.bus(i).isUp));
    await talk.further(50);
    redis.thaw();
    await nodes.joined();
    await talk.carried();
    await talk.end();
    expect(talk.statuses).toContain('unknown');
  });

  it('frozen for a moment', async () => {
    const talk = await Talk.begin(nodes);
    redis.freeze();
    await talk.further(20);
    redis.thaw();
    await talk.carried();
    await talk.end();
  });

  it('paused', async () => {
    const talk = await Talk.begin(nodes);
    await redis.command('CLIENT', 'PAUSE', '1000', 'ALL');
    await talk.further(50);
    await talk.carried();
    await talk.end();
  });

  it('that cuts its subscribers, again and again', async () => {
    const talk = await Talk.begin(nodes);
    for (let i = 0; i < 5; i++) {
      const before = resubscribed();
      await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await cutAndBack(before);
      await talk.further(5);
    }
    await talk.carried();
    await talk.end();
  });

  it('that cuts subscribers who are slow to read', async () => {
    const talk = await Talk.begin(nodes);
    const before = resubscribed();
    await redis.command('CONFIG', 'SET', 'client-output-buffer-limit', 'pubsub 1kb 1kb 1');
    const channel = `burst-${randomUUID()}`;
    for (let i = 0; i < 2; i++) nodes.bus(i).join(channel);
    while (!resubscribed().every((count, i) => count > before[i]!)) {
      for (let i = 0; i < 400; i++) {
        nodes.bus(i % 2).publish([channel], {
          type: 'recount',
          userIds: ['x'.repeat(2_000)],
          conversationId: randomUUID(),
        });
      }
      await talk.further(1);
    }
    await redis.command('CONFIG', 'SET', 'client-output-buffer-limit', 'pubsub 32mb 8mb 60');
    for (let i = 0; i < 2; i++) nodes.bus(i).leave(channel);
    await talk.carried();
    await talk.end();
  });

  it('dead: a session that is ended on one server is out on the other, and stays out', async () => {
    const bob = await Person.register(nodes.url, 'bob');
    const bobs = await nodes.connect(1, bob);
    await redis.kill();
    await until('both notice', () => [0, 1].every((i) => !nodes.bus(i).isUp));
    await nodes.at(0, bob).ok('POST', '/auth/logout');
    expect((await bobs.closed).code).toBe(CLOSE.sessionRevoked.code);
    expect((await nodes.at(1, bob).call('GET', '/users/me')).status).toBe(401);
    await redis.startAgain();
    await nodes.joined();
    expect((await nodes.at(1, bob).call('GET', '/users/me')).status).toBe(401);
  });

  it('dead or back, health tells of it and stays ready', async () => {
    const ready = () => call(nodes.url, 'GET', '/health/ready');
    expect(await ready()).toMatchObject({ status: 200, body: { status: 'ok', info: { redis: UP } } });
    await redis.kill();
    await until('it notices', () => !nodes.bus(0).isUp);
    const down = { status: 'degraded', state: 'down', hearsOtherNodes: false };
    const info = { database: { status: 'up' }, redis: down };
    expect(await ready()).toMatchObject({ status: 200, body: { status: 'degraded', info } });
    await redis.startAgain();
    await nodes.joined();
    expect(await ready()).toMatchObject({ status: 200, body: { status: 'ok', info: { redis: UP } } });
  });

  it('frozen: nothing hangs, neither health nor a start nor the end of a server', async () => {
    redis.freeze();
    expect((await call(nodes.url, 'GET', '/health/ready')).status).toBe(200);
    const from = performance.now();
    const third = await startApp({ REDIS_URL: redis.url });
    expect(await call(third.url, 'GET', '/health/ready')).toMatchObject({ status: 200 });
    const ann = await Person.register(third.url, 'ann');
    await ann.connect();
    await third.stop();
    expect(performance.now() - from).toBeLessThan(20_000);
    redis.thaw();
    await nodes.joined();
  });
});
