import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { Installation } from './support/installation';
import { Person } from './support/person';
import { RedisServer } from './support/redis-server';
import { describeWith } from './support/require-program';
import type { ServerProcess } from './support/server-process';
import type { TestSocket } from './support/test-socket';
import { eventually } from './support/until';

const PEOPLE = 24;
/** To either side, in a circle. */
const FRIENDS = [1, 2];
/** That it comes at all is asked here, of two servers at once, and not how soon on a machine with more to do. */
const HEARD_WITHIN_MS = 20_000;

describeWith('redis-server', 'many who come and go', () => {
  let redis: RedisServer;
  let here: Installation;
  let there: ServerProcess;
  let people: Person[];
  /** Who is nobody's friend but the last one's: what they are told tells that all before has been told. */
  let marker: Person;
  let sockets: TestSocket[] = [];

  beforeAll(async () => {
    redis = await RedisServer.start();
    here = await Installation.start({ REDIS_URL: redis.url, JWT_SECRET: randomUUID() + randomUUID() });
    there = await here.peer();
    people = [];
    while (people.length < PEOPLE) people.push(await Person.register(here.url));
    for (const [i, person] of people.entries())
      for (const away of FRIENDS) await befriend(person, people[(i + away) % PEOPLE]!);
    marker = here.bob;
    for (const person of people) await befriend(marker, person);
  }, 120_000);
  afterAll(async () => {
    await there.end('SIGKILL');
    await here.remove();
    await redis.kill();
  });

  /** Everybody connects, every other one to the other server; `turn` changes who where. */
  async function come(turn: number, urls = [here.url, there.url]): Promise<void> {
    const connecting = people.map((person, i) => person.at(urls[(i + turn) % urls.length]!).connect());
    sockets = await Promise.all(connecting);
  }
  const go = () => Promise.all(sockets.map((socket) => socket.close()));

  it('are told of once to each of their friends, however often, and not at all of the crash of a server', async () => {
    const told = new Map<string, number>();
    const listen = () => {
      for (const [i, socket] of sockets.entries()) {
        for (const { userId, status } of socket.all('presence.changed')) {
          if (userId === people[i]!.id) continue;
          const key = `${people[i]!.id} of ${userId}: ${status}`;
          told.set(key, (told.get(key) ?? 0) + 1);
        }
        socket.frames.length = 0;
      }
    };
    await come(0);
    await go();
    listen();
    await come(1);
    await markerIsHeard();
    listen();
    // Not at all, if nobody's friends were connected at the moment of the sweep.
    expect([...told].filter(([, times]) => times > 1)).toEqual([]);
    expect([...told.keys()].filter((key) => !key.endsWith('online'))).toEqual([]);

    // A third of a cluster goes without a word; its people are back before anybody has noticed.
    told.clear();
    await there.end('SIGKILL');
    await go();
    await come(0, [here.url]);
    const client = createClient({ url: redis.url });
    await client.connect();
    // Its lease of 15 s, and the turn in which the other one looks.
    await eventually(async () => (await client.zCard('parley:presence:nodes')) === 1, 40_000);
    client.destroy();
    await markerIsHeard();
    listen();
    expect([...told.keys()]).toEqual([]);
  }, 120_000);

  /** What a change of the one is told after, everything before has been told. */
  async function markerIsHeard(): Promise<void> {
    const own = await marker.at(here.url).connect();
    for (const [status, shown] of [
      ['busy', 'busy'],
      ['away', 'away'],
      ['invisible', 'offline'],
    ] as const) {
      await own.request('presence.set', { status });
      for (const socket of sockets)
        await socket.next(
          'presence.changed',
          (change) => change.userId === marker.id && change.status === shown,
          HEARD_WITHIN_MS,
        );
    }
    for (const socket of sockets)
      socket.frames.splice(
        0,
        socket.frames.length,
        ...socket.frames.filter(({ data }) => (data as { userId?: string }).userId !== marker.id),
      );
    await own.close();
  }
});

async function befriend(ann: Person, bob: Person): Promise<void> {
  await ann.ok('PUT', `/contacts/${bob.id}`, { action: 'request' });
  await bob.ok('PUT', `/contacts/${ann.id}`, { action: 'accept' });
}
