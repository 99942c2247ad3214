import { randomUUID } from 'node:crypto';
import type { Presence } from '@parley/protocol';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import { statementsOf } from './support/statements';
import type { TestSocket } from './support/test-socket';

const GRACE_SECONDS = 1;
const SWEEP_MS = 250;

let server: TestApp;
let ann: Person;
let bob: Person;
let cleo: Person;
let people: Person[];

beforeAll(async () => {
  server = await startApp({
    PRESENCE_GRACE: String(GRACE_SECONDS),
    JWT_SECRET: 'tmp-0123456789abcdefghijklmnopqrstuvwxyz',
  });
});
beforeEach(async () => {
  const register = (name: string) => Person.register(server.url, name);
  people = [ann, bob, cleo] = [await register('ann'), await register('bob'), await register('cleo')];
  await befriend(ann, bob);
});
afterEach(() => Promise.all(people.map((person) => person.disconnect())));
afterAll(() => server.stop());

async function befriend(one: Person, other: Person): Promise<void> {
  await one.ok('PUT', `/contacts/${other.id}`, { action: 'request' });
  await other.ok('PUT', `/contacts/${one.id}`, { action: 'accept' });
}

function meet(...members: Person[]): Promise<unknown> {
  const memberIds = members.map((person) => person.id);
  return ann.ok('POST', '/conversations', { kind: 'group', title: 'Plans', memberIds });
}

/** The next that a socket hears of somebody. */
function heard(socket: TestSocket, of: Person): Promise<Presence> {
  return socket.next('presence.changed', ({ userId }) => userId === of.id);
}

async function shown(to: Person, ...of: Person[]): Promise<Presence[]> {
  const ids = of.map((person) => person.id).join(',');
  return (await to.ok('GET', `/presence?userIds=${ids}`)).presence as Presence[];
}

async function watch(socket: TestSocket, ...whom: Person[]): Promise<Presence[]> {
  const answer = await socket.request('presence.watch', { userIds: whom.map((person) => person.id) });
  return (answer as { presence: Presence[] }).presence;
}

/** Long enough for anything that is wrongly announced to have come. */
async function quiet(sockets: TestSocket[], milliseconds = 3 * SWEEP_MS): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  await Promise.all(sockets.map((socket) => socket.settle()));
  for (const socket of sockets) expect(socket.all('presence.changed')).toEqual([]);
}

describe('between friends', () => {
  it('tells who comes and, after the grace, who has gone and when', async () => {
    const bobs = await bob.connect();
    const anns = await ann.connect();
    expect(await heard(bobs, ann)).toEqual({ userId: ann.id, status: 'online', lastSeenAt: null });
    const from = Date.now();
    await anns.close();
    const gone = await heard(bobs, ann);
    expect(Date.now() - from).toBeGreaterThanOrEqual(GRACE_SECONDS * 1_000);
    expect(gone).toMatchObject({ userId: ann.id, status: 'offline' });
    const lastSeen = Date.parse(gone.lastSeenAt ?? '');
    expect(lastSeen).toBeGreaterThanOrEqual(from);
    expect(lastSeen).toBeLessThan(from + 1_000);
    expect(await shown(bob, ann)).toEqual([gone]);
    const read = () => server.source.query('SELECT last_seen_at AS at FROM "user" WHERE id = $1', [ann.id]);
    const deadline = Date.now() + 5_000;
    while ((await read())[0].at === null && Date.now() < deadline)
      await new Promise((done) => setTimeout(done, 20));
    expect((await read())[0].at.toISOString()).toBe(gone.lastSeenAt);
  });

  it('keeps silent over a reload, and over a second device', async () => {
    const bobs = await bob.connect();
    const first = await ann.connect();
    await heard(bobs, ann);
    await first.close();
    const second = await ann.connect();
    const third = await ann.connect();
    await second.close();
    await quiet([bobs, third], GRACE_SECONDS * 1_000 + 3 * SWEEP_MS);
  });

  it('tells what somebody chose, and own devices too', async () => {
    const bobs = await bob.connect();
    const [phone, laptop] = [await ann.connect(), await ann.connect()];
    await heard(bobs, ann);
    const away = { userId: ann.id, status: 'away', lastSeenAt: null };
    expect(await phone.request('presence.set', { status: 'away' })).toEqual(away);
    expect(await heard(bobs, ann)).toEqual(away);
    expect(await heard(laptop, ann)).toEqual(away);
    expect(await shown(bob, ann)).toEqual([away]);

    const invisible = { userId: ann.id, status: 'invisible', lastSeenAt: null };
    expect(await phone.request('presence.set', { status: 'invisible' })).toEqual(invisible);
    expect(await heard(bobs, ann)).toMatchObject({ status: 'offline', lastSeenAt: expect.any(String) });
    expect(await heard(laptop, ann)).toEqual(invisible);
    expect(await shown(bob, ann)).toMatchObject([{ status: 'offline' }]);
    expect(await shown(ann, ann)).toEqual([invisible]);

    await phone.request('presence.set', { status: 'online' });
    expect(await heard(bobs, ann)).toMatchObject({ status: 'online' });
  });

  it('makes one of many changes in a moment', async () => {
    const bobs = await bob.connect();
    const anns = await ann.connect();
    await heard(bobs, ann);
    const statuses = ['away', 'busy', 'invisible', 'away', 'busy'];
    await Promise.all(statuses.map((status) => anns.request('presence.set', { status })));
    expect((await heard(bobs, ann)).status).toMatch(/away|busy/);
    await new Promise((resolve) => setTimeout(resolve, 3 * SWEEP_MS));
    await bobs.settle();
    const rest = bobs.all('presence.changed');
    expect(rest.length).toBeLessThanOrEqual(1);
  });

  it('ends with a block, either way', async () => {
    const [anns, bobs] = [await ann.connect(), await bob.connect()];
    await Promise.all([heard(anns, bob), watch(bobs, ann)]);
    await quietUntilNow(bobs);
    await bob.ok('PUT', `/contacts/${ann.id}`, { action: 'block' });
    await anns.request('presence.set', { status: 'busy' });
    await bobs.request('presence.set', { status: 'away' });
    expect(await heard(bobs, bob)).toMatchObject({ status: 'away' });
    expect(await heard(anns, ann)).toMatchObject({ status: 'busy' });
    await quiet([anns, bobs]);
    expect([...(await shown(ann, bob)), ...(await shown(bob, ann))].map(({ status }) => status)).toEqual([
      'unknown',
      'unknown',
    ]);
  });
});

async function quietUntilNow(socket: TestSocket): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 3 * SWEEP_MS));
  await socket.settle();
  while (socket.all('presence.changed').length > 0) await socket.next('presence.changed');
}

describe('watching', () => {
  it('is for co-members, and goes to the connection that asked', async () => {
    const [watching, idle] = [await cleo.connect(), await cleo.connect()];
    expect(await watch(watching, ann, bob)).toEqual([
      { userId: ann.id, status: 'unknown', lastSeenAt: null },
      { userId: bob.id, status: 'unknown', lastSeenAt: null },
    ]);
    await meet(cleo);
    expect(await watch(watching, ann, bob)).toMatchObject([{ status: 'offline' }, { status: 'unknown' }]);
    await Promise.all([ann.connect(), bob.connect()]);
    expect(await heard(watching, ann)).toMatchObject({ status: 'online' });
    await quiet([watching, idle]);
  });

  it('ends with the membership', async () => {
    const conversation = (await meet(cleo)) as { conversation: { id: string } };
    const cleos = await cleo.connect();
    await watch(cleos, ann);
    await ann.ok('DELETE', `/conversations/${conversation.conversation.id}/members/${cleo.id}`);
    await ann.connect();
    await quiet([cleos]);
  });
});

describe('watching by many who are no friends', () => {
  const WATCHERS = 12;
  /** Statements by which it is read who shares a conversation with whom. */
  const readings = async (work: () => Promise<unknown>) =>
    (await statementsOf(server.source, work)).filter((sql) => /member mine/.test(sql)).length;

  it('costs a few statements together, when they begin and when many change', async () => {
    const strangers = await Promise.all(
      Array.from({ length: WATCHERS }, (_, i) => Person.register(server.url, `w${i}`)),
    );
    people.push(...strangers);
    await meet(...strangers);
    const sockets = await Promise.all(strangers.map((person) => person.connect()));
    // The first may be asked for alone, those who come meanwhile go together.
    const begin = () => Promise.all(sockets.map((socket) => watch(socket, ...strangers)));
    expect(await readings(begin)).toBeLessThanOrEqual(WATCHERS / 3);
    const isAway = (person: Person) => (told: Presence) =>
      told.userId === person.id && told.status === 'away';
    const change = async () => {
      await Promise.all(sockets.map((socket) => socket.request('presence.set', { status: 'away' })));
      for (const socket of sockets)
        for (const person of strangers)
          if (socket !== sockets[strangers.indexOf(person)])
            await socket.next('presence.changed', isAway(person));
    };
    // Not one for each who changes; more than one sweep may tell of them.
    expect(await readings(change)).toBeLessThanOrEqual(WATCHERS / 3);
  });
});

describe('requests', () => {
  it('are held to their form', async () => {
    const anns = await ann.connect();
    const many = Array.from({ length: 201 }, () => randomUUID());
    for (const data of [{ status: 'offline' }, {}, { status: 'away', extra: 1 }]) {
      await expect(anns.request('presence.set', data)).rejects.toMatchObject({ code: 'payload_invalid' });
    }
    for (const data of [{}, { userIds: 'x' }, { userIds: ['x'] }, { userIds: many }]) {
      await expect(anns.request('presence.watch', data)).rejects.toMatchObject({ code: 'payload_invalid' });
    }
    for (const query of ['', '?userIds=', '?userIds=x', `?userIds=${many.join(',')}`]) {
      expect(await ann.error('GET', `/presence${query}`)).toMatchObject({
        status: 400,
        code: 'payload_invalid',
      });
    }
  });

  it('name users by commas, repeated, and twice', async () => {
    const answer = await ann.ok(
      'GET',
      `/presence?userIds=${bob.id},${cleo.id}&userIds=${bob.id.toUpperCase()}`,
    );
    expect(answer).toEqual({
      presence: [
        { userId: bob.id, status: 'offline', lastSeenAt: null },
        { userId: cleo.id, status: 'unknown', lastSeenAt: null },
      ],
    });
  });
});
