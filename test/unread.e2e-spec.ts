import { randomUUID } from 'node:crypto';
import { type ConversationSummary, LIMITS, type Unread, type UnreadExplanation } from '@parley/protocol';
import { UnreadService } from '../src/receipts/unread.service';
import { Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';
import type { TestSocket } from './support/test-socket';
import { random, UnreadModel } from './support/unread-model';

/** Nobody waits for a push, so it may come some time after the answer. */
const PATIENCE_MS = 2_000;

let server: TestApp;
let ann: Person;
let bob: Person;
let cleo: Person;

beforeAll(async () => {
  server = await startApp();
});
beforeEach(async () => {
  ({ ann, bob, cleo } = await Person.registerAll(server.url, 'ann', 'bob', 'cleo'));
});
afterEach(() => Promise.all([ann, bob, cleo].map((person) => person.disconnect())));
afterAll(() => server.stop());

async function group(...members: Person[]): Promise<string> {
  const input = { kind: 'group', title: 'Plans', memberIds: members.map((person) => person.id) };
  return (await ann.ok('POST', '/conversations', input)).conversation.id as string;
}

const say = async (person: Person, conversationId: string, more: object = {}) =>
  (
    await person.ok('POST', `/conversations/${conversationId}/messages`, {
      id: randomUUID(),
      text: 'x',
      ...more,
    })
  ).message as { id: string; seq: number };

const read = (person: Person, conversationId: string, seq: number): Promise<Unread> =>
  person.ok('POST', `/conversations/${conversationId}/receipts/read`, { seq });

const unreadOf = (person: Person, conversationId: string): Promise<Unread> =>
  person.ok('GET', `/conversations/${conversationId}/unread`);

const explain = (person: Person, conversationId: string): Promise<Unread & { explain: UnreadExplanation }> =>
  person.ok('GET', `/conversations/${conversationId}/unread?explain=1`);

describe('against a recount', () => {
  async function check(
    model: UnreadModel,
    conversationId: string,
    person: Person,
    socket: TestSocket,
  ): Promise<void> {
    const { counted, ...expected } = model.recount(person);
    const lastSeq = model.sent.at(-1)!.seq;
    const listed = (await person.ok('GET', '/conversations')).items as ConversationSummary[];
    expect(listed.find(({ id }) => id === conversationId)).toMatchObject({ ...expected, lastSeq });
    const { explain: how, ...explained } = await explain(person, conversationId);
    expect(explained).toEqual({ conversationId, ...expected, lastSeq });
    expect(how.counted.map(({ seq }) => seq)).toEqual(counted);
    expect(how.counted.filter(({ mentions }) => mentions)).toHaveLength(expected.unreadMentions);
    const { mine, deleted, hidden } = how.notCounted;
    expect(how).toMatchObject({ readSeq: expected.readSeq, lastSeq, capped: false });
    expect(counted.length + mine + deleted + hidden).toBe(lastSeq - how.from);
    // What a device shows that was told everything: the last count, and the messages that came after it.
    await socket.settle();
    await shown(model, conversationId, person, socket);
  }

  /** Waits until the person's device has what it takes to show the right number. */
  async function shown(
    model: UnreadModel,
    conversationId: string,
    person: Person,
    socket: TestSocket,
  ): Promise<void> {
    const { unread, unreadMentions, readSeq } = model.recount(person);
    const device = devices.get(socket)!;
    const number = () => {
      for (const count of socket.all('unread.updated')) {
        if (count.conversationId === conversationId && count.readSeq >= device.readSeq)
          Object.assign(device, count);
      }
      const later = socket
        .all('message.created')
        .map(({ message }) => message)
        .filter(({ seq, senderId }) => seq > device.lastSeq && senderId !== person.id);
      const mentions = later.filter((m) => m.mentionsAll || m.mentions.includes(person.id));
      return [device.unread + later.length, device.unreadMentions + mentions.length, device.readSeq];
    };
    const deadline = Date.now() + PATIENCE_MS;
    while (number().join() !== [unread, unreadMentions, readSeq].join() && Date.now() < deadline) {
      await socket.settle();
    }
    expect(number()).toEqual([unread, unreadMentions, readSeq]);
  }

  const devices = new Map<TestSocket, Unread>();

  it.each([1, 2, 3])('is right on list, explanation and devices after every step (seed %i)', async (seed) => {
    const dice = random(seed);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(dice() * items.length)]!;
    const people = [ann, bob, cleo];
    const conversationId = await group(bob);
    const model = new UnreadModel();
    model.add(ann, 1);
    const early = await say(ann, conversationId);
    model.add(ann, early.seq, early.id);
    await ann.ok('POST', `/conversations/${conversationId}/members`, { userIds: [cleo.id] });
    model.joinedSeq.set(cleo, 2).set(ann, 0).set(bob, 0);
    model.readSeq.set(cleo, 2);
    model.add(ann, 3);
    const sockets = new Map<Person, TestSocket>();
    for (const person of people) {
      const socket = await person.connect();
      sockets.set(person, socket);
      devices.set(socket, await unreadOf(person, conversationId));
    }

    const steps = {
      send: async () => {
        const sender = pick(people);
        const mentioned = new Set(people.filter(() => dice() < 0.3));
        const mentionAll = dice() < 0.2;
        const mentions = [...mentioned].map((person) => person.id);
        const { id, seq } = await say(sender, conversationId, { mentions, mentionAll });
        model.add(sender, seq, id, mentionAll ? new Set(people) : mentioned);
      },
      read: async () => {
        const reader = pick(people);
        const seq = pick(model.sent).seq;
        model.readSeq.set(reader, Math.max(seq, model.readSeq.get(reader) ?? 0));
        const { counted: _, ...expected } = model.recount(reader);
        expect(await read(reader, conversationId, seq)).toMatchObject(expected);
      },
      delete: async () => {
        const target = pick(model.sent.filter(({ id, deleted }) => id && !deleted));
        // Nobody deletes for all what they do not see any more.
        if (!target || target.hiddenFrom.has(target.sender)) return;
        target.deleted = true;
        await target.sender.ok('DELETE', `/conversations/${conversationId}/messages/${target.id}`);
      },
      hide: async () => {
        const person = pick(people);
        const joinedSeq = model.joinedSeq.get(person)!;
        const target = pick(model.sent.filter(({ id, seq }) => id && seq > joinedSeq));
        if (!target) return;
        target.hiddenFrom.add(person);
        await person.ok('DELETE', `/conversations/${conversationId}/messages/${target.id}?forMe=true`);
      },
    };
    for (let i = 0; i < 25; i++) {
      await steps[pick(['send', 'send', 'read', 'delete', 'hide'] as const)]();
      for (const person of people) await check(model, conversationId, person, sockets.get(person)!);
    }
  });
});

describe('the count', () => {
  it('ends at a thousand, mentions apart', async () => {
    const conversationId = await group(bob);
    const lines = LIMITS.unreadCount + 500;
    // Only the latest five hundred mention somebody, so counting has to go beyond the first thousand.
    await server.source.query(
      `INSERT INTO message (conversation_id, id, seq, version, sender_id, kind, text, mentions_all)
       SELECT $1, gen_random_uuid(), i, i, CASE WHEN i % 10 = 0 THEN $3::uuid ELSE $2::uuid END, 'text', 'x', i > 1002
       FROM generate_series(2, $4::int) i`,
      [conversationId, ann.id, bob.id, lines],
    );
    await server.source.query(
      `INSERT INTO mention SELECT $1, $2, i FROM generate_series(1001, 1010) i WHERE i % 10 > 0`,
      [bob.id, conversationId],
    );
    await server.source.query(`UPDATE conversation SET last_seq = $2, version = $2 WHERE id = $1`, [
      conversationId,
      lines,
    ]);
    const { explain: how, ...unread } = await explain(bob, conversationId);
    expect(unread).toMatchObject({ unread: LIMITS.unreadCount, unreadMentions: 450, lastSeq: lines });
    expect(how.capped).toBe(true);
    expect(how.counted).toHaveLength(100);
    // Up to the thousandth that counts every tenth is bob's.
    expect(how.notCounted).toEqual({ mine: 111, deleted: 0, hidden: 0 });
    expect(await bob.ok('GET', `/conversations/${conversationId}`)).toMatchObject({
      unread: 1_000,
      unreadMentions: 450,
    });
    expect(await read(bob, conversationId, 1_490)).toMatchObject({ unread: 9, unreadMentions: 9 });
    await server.source.query('UPDATE message SET mentions_all = true WHERE conversation_id = $1', [
      conversationId,
    ]);
    await server.source.query('UPDATE member SET read_seq = 0 WHERE conversation_id = $1', [conversationId]);
    expect(await unreadOf(bob, conversationId)).toMatchObject({ unread: 1_000, unreadMentions: 1_000 });
  });

  it('counts a mention by name and of all once, and none of what is not unread', async () => {
    const conversationId = await group(bob, cleo);
    await say(ann, conversationId, { mentions: [bob.id], mentionAll: true });
    await say(bob, conversationId, { mentions: [bob.id] });
    const gone = await say(ann, conversationId, { mentions: [bob.id, cleo.id] });
    await server.source.query(
      'UPDATE message SET deleted_at = now() WHERE conversation_id = $1 AND seq = $2',
      [conversationId, gone.seq],
    );
    const hidden = await say(ann, conversationId, { mentions: [bob.id, cleo.id] });
    await server.source.query(
      'INSERT INTO hidden_message (user_id, conversation_id, message_id, seq) VALUES ($1, $2, $3, $4)',
      [bob.id, conversationId, hidden.id, hidden.seq],
    );
    expect(await explain(bob, conversationId)).toMatchObject({
      ...{ unread: 2, unreadMentions: 1, readSeq: 0 },
      explain: {
        counted: [
          { seq: 1, senderId: ann.id, mentions: false },
          { seq: 2, senderId: ann.id, mentions: true },
        ],
        notCounted: { mine: 1, deleted: 1, hidden: 1 },
      },
    });
    expect(await unreadOf(cleo, conversationId)).toMatchObject({ unread: 4, unreadMentions: 2 });
  });

  it('begins anew for who comes back', async () => {
    const conversationId = await group(bob);
    await say(ann, conversationId, { mentions: [bob.id] });
    await ann.ok('DELETE', `/conversations/${conversationId}/members/${bob.id}`);
    await ann.ok('POST', `/conversations/${conversationId}/members`, { userIds: [bob.id] });
    const { explain: how, ...unread } = await explain(bob, conversationId);
    expect(unread).toMatchObject({ unread: 1, unreadMentions: 0, readSeq: 3, lastSeq: 4 });
    expect(how).toMatchObject({ joinedSeq: 3, from: 3 });
  });
});

describe("told to one's own devices", () => {
  it('goes to those of who read on, but for the one that is answered', async () => {
    const conversationId = await group(bob);
    await say(ann, conversationId, { mentions: [bob.id] });
    const [phone, laptop, anns] = [await bob.connect(), await bob.connect(), await ann.connect()];
    const reply = await phone.request('receipt.read', { conversationId, seq: 1 });
    const unread = { conversationId, unread: 1, unreadMentions: 1, readSeq: 1, lastSeq: 2 };
    expect(reply).toEqual({ ...unread, userId: bob.id, deliveredSeq: 1 });
    expect(await laptop.next('unread.updated')).toEqual(unread);
    // Read already: nothing moves, so nobody is told, but the answer is the count.
    expect(await phone.request('receipt.read', { conversationId, seq: 1 })).toMatchObject(unread);
    for (const socket of [phone, laptop, anns]) {
      await socket.settle();
      expect(socket.all('unread.updated')).toEqual([]);
    }
  });

  it('tells each of the members who are connected their own count', async () => {
    const conversationId = await group(bob, cleo);
    const { id, seq } = await say(ann, conversationId, { mentions: [bob.id] });
    const [anns, bobs] = [await ann.connect(), await bob.connect()];
    await server.source.query(
      'UPDATE message SET deleted_at = now() WHERE conversation_id = $1 AND id = $2',
      [conversationId, id],
    );
    server.app.get(UnreadService).changed(conversationId, [ann.id, bob.id, cleo.id]);
    const unread = { conversationId, unread: 1, unreadMentions: 0, readSeq: 0, lastSeq: seq };
    expect(await bobs.next('unread.updated')).toEqual(unread);
    expect(await anns.next('unread.updated')).toEqual({ ...unread, unread: 0 });
  });

  it('tells nobody who has left', async () => {
    const conversationId = await group(bob);
    const bobs = await bob.connect();
    await ann.ok('DELETE', `/conversations/${conversationId}/members/${bob.id}`);
    server.app.get(UnreadService).changed(conversationId, [bob.id]);
    const other = await group(bob);
    server.app.get(UnreadService).changed(other, [bob.id]);
    expect((await bobs.next('unread.updated')).conversationId).toBe(other);
  });
});

it('refuses strangers, those who have left, and what it does not know', async () => {
  const conversationId = await group(bob);
  const path = `/conversations/${conversationId}/unread`;
  const unknown = { status: 404, code: 'conversation_not_found' };
  expect(await cleo.error('GET', path)).toMatchObject(unknown);
  expect(await cleo.error('GET', `${path}?explain=1`)).toMatchObject(unknown);
  expect(await bob.error('GET', `/conversations/${randomUUID()}/unread`)).toMatchObject(unknown);
  for (const bad of [
    `${path}?explain=2`,
    `${path}?explain=`,
    `${path}?explain=1&explain=1`,
    '/conversations/x/unread',
  ]) {
    expect(await bob.error('GET', bad)).toMatchObject({ status: 400, code: 'payload_invalid' });
  }
  expect(await bob.ok('GET', `${path}?explain=0`)).not.toHaveProperty('explain');
  await ann.ok('DELETE', `/conversations/${conversationId}/members/${bob.id}`);
  expect(await bob.error('GET', `${path}?explain=1`)).toMatchObject(unknown);
  expect(await bob.error('POST', `/conversations/${conversationId}/receipts/read`, { seq: 1 })).toMatchObject(
    unknown,
  );
});
