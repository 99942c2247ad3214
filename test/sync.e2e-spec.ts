import { randomUUID } from 'node:crypto';
import {
  type Changes,
  type ConversationSummary,
  LIMITS,
  type Message,
  type SyncPage,
} from '@parley/protocol';
import { Client } from 'pg';
import { statementsOf } from './support/statements';
import { call, Person } from './support/person';
import { startApp, type TestApp } from './support/start-app';

let server: TestApp;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  server = await startApp();
});
beforeEach(async () => {
  ({ ann, bob } = await Person.registerAll(server.url, 'ann', 'bob'));
});
afterEach(() => Promise.all([ann.disconnect(), bob.disconnect()]));
afterAll(() => server.stop());

async function group(title = 'g'): Promise<string> {
  const { conversation } = await ann.ok('POST', '/conversations', {
    kind: 'group',
    title,
    memberIds: [bob.id],
  });
  return conversation.id as string;
}

const say = async (person: Person, conversationId: string, text = 'x') =>
  (await person.ok('POST', `/conversations/${conversationId}/messages`, { id: randomUUID(), text }))
    .message as Message;

const sync = (person: Person, cursor?: string, more = ''): Promise<SyncPage> =>
  person.ok('GET', `/sync?limit=50${cursor ? `&cursor=${cursor}` : ''}${more}`);

const ids = (page: SyncPage) => page.conversations.map((conversation) => conversation.id);

describe('sync', () => {
  it('gives everything at first, the latest written in first, then what has changed', async () => {
    const made = [await group('1'), await group('2'), await group('3')];
    await say(ann, made[1]!);
    const first = await sync(bob);
    expect(ids(first)).toEqual([made[1], made[2], made[0]]);
    expect(first).toMatchObject({ removed: [], more: false });
    const list: { items: ConversationSummary[] } = await bob.ok('GET', '/conversations');
    expect(first.conversations).toEqual(list.items);

    const quiet = await sync(bob, first.cursor);
    expect(quiet).toMatchObject({ conversations: [], removed: [], more: false });
    await say(ann, made[0]!, 'news');
    const second = await sync(bob, quiet.cursor);
    expect(second.conversations).toMatchObject([{ id: made[0], lastMessage: { text: 'news' }, unread: 2 }]);
    // My own cursors are news for my other devices.
    await bob.ok('POST', `/conversations/${made[2]}/receipts/read`, { seq: 1 });
    expect((await sync(bob, second.cursor)).conversations).toMatchObject([{ id: made[2], readSeq: 1 }]);
  });

  it("lists what others have read, and changes gives everybody's cursors", async () => {
    const [read, quiet] = [await group('read'), await group('quiet')];
    const { message } = await ann.ok('POST', `/conversations/${read}/messages`, {
      id: randomUUID(),
      text: 'x',
    });
    const { cursor } = await sync(ann);
    await bob.ok('POST', `/conversations/${read}/receipts/read`, { seq: message.seq });
    const page = await sync(ann, cursor);
    expect(ids(page)).toEqual([read]);
    const { version, lastSeq } = page.conversations[0]!;
    const path = `/conversations/${read}/changes?afterVersion=${version}&afterSeq=${lastSeq}`;
    const { receipts } = (await ann.ok('GET', path)) as Changes;
    expect(receipts).toContainEqual({ userId: bob.id, deliveredSeq: 2, readSeq: 2 });
    expect(receipts).toHaveLength(2);
    // In a large group nobody is told, and nobody has to ask for all of them.
    await server.source.query('UPDATE conversation SET member_count = 101 WHERE id = $1', [quiet]);
    await bob.ok('POST', `/conversations/${quiet}/receipts/read`, { seq: 1 });
    expect(ids(await sync(ann, page.cursor))).toEqual([]);
    expect(await ann.ok('GET', `/conversations/${quiet}/changes?afterVersion=0&afterSeq=0`)).toMatchObject({
      receipts: [],
    });
  });

  it('is one statement when nothing has changed', async () => {
    await group();
    const { cursor } = await sync(bob);
    expect(await statementsOf(server.source, () => sync(bob, cursor))).toHaveLength(1);
  });

  it('goes through pages, and misses nothing that moves meanwhile', async () => {
    const made: string[] = [];
    for (let i = 0; i < 5; i++) made.push(await group(`${i}`));
    const seen = new Set<string>();
    let page: SyncPage = await bob.ok('GET', '/sync?limit=2');
    for (const id of ids(page)) seen.add(id);
    expect(page.more).toBe(true);
    // From the last page to the front: the pages to come do not have it, the next sync does.
    await say(ann, made[0]!, 'moved');
    while (page.more) {
      page = await bob.ok('GET', `/sync?limit=2&cursor=${page.cursor}`);
      for (const id of ids(page)) seen.add(id);
    }
    const next = await sync(bob, page.cursor);
    expect(next.conversations).toMatchObject([{ id: made[0], lastMessage: { text: 'moved' } }]);
    for (const id of ids(next)) seen.add(id);
    expect(seen).toEqual(new Set(made));
  });

  it('tells what one is not in any more, and what one is in again', async () => {
    const id = await group();
    const { cursor } = await sync(bob);
    await ann.ok('DELETE', `/conversations/${id}/members/${bob.id}`);
    const gone = await sync(bob, cursor);
    expect(gone).toMatchObject({ conversations: [], removed: [id] });
    await ann.ok('POST', `/conversations/${id}/members`, { userIds: [bob.id] });
    const back = await sync(bob, gone.cursor);
    expect(back).toMatchObject({ conversations: [{ id }], removed: [] });
  });

  it('tells what one has deleted for oneself since, however far the conversation has gone on', async () => {
    const id = await group();
    const [first, second] = [await say(ann, id, '1'), await say(ann, id, '2')];
    const hide = ({ id: messageId }: Message) =>
      bob.ok('DELETE', `/conversations/${id}/messages/${messageId}?forMe=true`);
    await hide(first);
    const fresh = await sync(bob);
    // Who begins has nothing to hide.
    expect(fresh.hidden).toEqual([]);
    await hide(second);
    await say(ann, id, '3');
    const { cursor, hidden, conversations } = await sync(bob, fresh.cursor);
    expect(hidden).toEqual([{ conversationId: id, id: second.id, seq: second.seq }]);
    expect(conversations).toMatchObject([{ id, unread: 2 }]);
    // Of the first time the answer may have been lost.
    await hide(first);
    expect((await sync(bob, cursor)).hidden).toMatchObject([{ id: first.id }]);
    expect((await sync(ann, cursor)).hidden).toEqual([]);
    await server.source.query(
      `INSERT INTO hidden_message (user_id, conversation_id, message_id, seq, changed_xid)
       SELECT $1, $2, gen_random_uuid(), 1, pg_current_xact_id()::text::bigint FROM generate_series(1, $3)`,
      [bob.id, id, LIMITS.hiddenPerSync + 1],
    );
    expect(await bob.error('GET', `/sync?cursor=${cursor}`)).toMatchObject({ code: 'cursor_invalid' });
  });

  it('misses no transaction that ends late', async () => {
    const [slow, fast] = [await group('slow'), await group('fast')];
    const { cursor } = await sync(bob);
    const client = new Client(server.database);
    await client.connect();
    await client.query('BEGIN');
    await client.query(
      `UPDATE conversation SET title = 'late', version = version + 1,
         changed_xid = pg_current_xact_id()::text::bigint WHERE id = $1`,
      [slow],
    );
    await say(ann, fast);
    const during = await sync(bob, cursor);
    expect(ids(during)).toEqual([fast]);
    await client.query('COMMIT');
    await client.end();
    expect(ids(await sync(bob, during.cursor))).toContain(slow);
  });

  it('refuses cursors that are nonsense, of another database, or of a future that is not here', async () => {
    await group();
    const { cursor } = await sync(bob);
    const [epoch, xid] = JSON.parse(Buffer.from(cursor.slice(1), 'base64url').toString()) as [string, number];
    const make = (...parts: unknown[]) => `s${Buffer.from(JSON.stringify(parts)).toString('base64url')}`;
    const wrong = [
      'x',
      cursor.slice(0, -3),
      `p${cursor.slice(1)}`,
      make(`${randomUUID()}:${epoch.split(':')[1]}`, xid),
      make(epoch.replace(/:\d{8}/, ':0000FFFF'), xid),
      make(
        epoch.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10)),
        xid,
      ),
      make(`${'-'.repeat(36)}:${epoch.split(':')[1]}`, xid),
      make(epoch, xid + 1_000_000),
      make(epoch, -1),
      make(epoch, 1e300),
      make(epoch),
    ];
    for (const other of wrong) {
      expect(await bob.error('GET', `/sync?cursor=${other}`)).toMatchObject({
        status: 400,
        code: 'cursor_invalid',
      });
    }
    expect(make(epoch, xid)).toBe(cursor);
    expect((await sync(bob, cursor)).conversations).toEqual([]);
  });

  it('recognises a restored backup by what its next start noted', async () => {
    await group();
    const before = await sync(bob);
    const [epoch, xid] = JSON.parse(Buffer.from(before.cursor.slice(1), 'base64url').toString()) as [
      string,
      number,
    ];
    // What was committed after the backup is gone, and the start after it began before this cursor's mark.
    await server.source.query('INSERT INTO sync_epoch (token, started_xid) VALUES ($1, $2)', [
      randomUUID(),
      xid - 1,
    ]);
    expect(await bob.error('GET', `/sync?cursor=${before.cursor}`)).toMatchObject({ code: 'cursor_invalid' });
    const fresh = await sync(bob);
    expect(fresh.conversations).toHaveLength(1);
    expect(fresh.cursor).not.toContain(epoch);
    expect((await sync(bob, fresh.cursor)).conversations).toEqual([]);
  });

  it('recognises a table that was loaded anew, as by a dump', async () => {
    await group();
    const { cursor } = await sync(bob);
    // Gives the table another file with the same rows, as loading it does.
    await server.source.query('VACUUM FULL sync_epoch');
    expect(await bob.error('GET', `/sync?cursor=${cursor}`)).toMatchObject({ code: 'cursor_invalid' });
  });

  it('answers a waiting request as soon as there is news', async () => {
    const id = await group();
    const { cursor } = await sync(bob);
    let answered = false;
    const waiting = sync(bob, cursor, '&wait=25').then((page) => {
      answered = true;
      return page;
    });
    // A request that is answered after it has begun to wait.
    await bob.ok('GET', '/users/me');
    expect(answered).toBe(false);
    await say(ann, id, 'wake up');
    expect((await waiting).conversations).toMatchObject([{ id, lastMessage: { text: 'wake up' } }]);
    // There is news already.
    expect((await sync(bob, cursor, '&wait=25')).conversations).toHaveLength(1);
    const { cursor: latest } = await sync(bob);
    expect(await sync(bob, latest, '&wait=1')).toMatchObject({ conversations: [] });
  });

  it('lets so many requests of one user wait, and answers the first when one more comes', async () => {
    const { cursor } = await sync(bob);
    const waits: Promise<string>[] = [];
    for (let i = 0; i <= LIMITS.syncWaits; i++) waits.push(sync(bob, cursor, '&wait=25').then(() => `${i}`));
    await Promise.race(waits);
    const others = Promise.all(waits);
    await group();
    await others;
  });

  it('ends the wait of a session that ends', async () => {
    const { cursor } = await sync(bob);
    const waiting = call(
      server.url,
      'GET',
      `/v1/sync?cursor=${cursor}&wait=25`,
      undefined,
      bob.tokens.accessToken,
    );
    await bob.ok('GET', '/users/me');
    await bob.ok('POST', '/auth/logout');
    expect(await waiting).toMatchObject({ status: 401, body: { error: { code: 'session_revoked' } } });
  });

  it('is the same over the socket', async () => {
    const id = await group();
    const bobs = await bob.connect();
    const page = (await bobs.request('sync')) as SyncPage;
    expect(ids(page)).toEqual([id]);
    await expect(bobs.request('sync', { cursor: 'x' })).rejects.toMatchObject({ code: 'cursor_invalid' });
    await expect(bobs.request('sync', { limit: 0 })).rejects.toMatchObject({ code: 'payload_invalid' });
  });
});

describe('changes', () => {
  const changes = (
    person: Person,
    id: string,
    afterVersion: number,
    afterSeq: number,
    limit = 50,
  ): Promise<Changes> =>
    person.ok(
      'GET',
      `/conversations/${id}/changes?afterVersion=${afterVersion}&afterSeq=${afterSeq}&limit=${limit}`,
    );

  it('gives new messages in pages, members, and where one has got to', async () => {
    const id = await group();
    for (let i = 0; i < 5; i++) await say(ann, id, `${i}`);
    const first = await changes(bob, id, 0, 0, 4);
    expect(first.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(first.members.map(({ userId }) => userId).sort()).toEqual([ann.id, bob.id].sort());
    expect(first).toMatchObject({ through: 6, more: true, gap: null, gone: [] });
    const second = await changes(bob, id, first.through, 4, 4);
    expect(second.messages.map(({ seq }) => seq)).toEqual([5, 6]);
    expect(second).toMatchObject({ through: 6, more: false, members: [] });
    expect(await changes(bob, id, 6, 6)).toMatchObject({ messages: [], through: 6, more: false });
  });

  it('gives a gap and the newest page after a long absence', async () => {
    const id = await group();
    for (let i = 0; i < 13; i++) await say(ann, id, `${i}`);
    const page = await changes(bob, id, 0, 1, 2);
    expect(page.messages.map(({ seq }) => seq)).toEqual([13, 14]);
    expect(page).toMatchObject({ gap: { from: 2, to: 12 }, through: 14, more: false });
  });

  it('shows nothing from before joining, and tells who went', async () => {
    const id = await group();
    await say(ann, id);
    const cleo = await Person.register(server.url, 'cleo');
    await ann.ok('POST', `/conversations/${id}/members`, { userIds: [cleo.id] });
    const page = await changes(cleo, id, 0, 0);
    expect(page.messages.map(({ seq }) => seq)).toEqual([3]);
    await bob.ok('DELETE', `/conversations/${id}/members/${bob.id}`);
    expect(await changes(cleo, id, page.through, 3)).toMatchObject({
      gone: [{ userId: bob.id, version: 4 }],
    });
    expect(await bob.error('GET', `/conversations/${id}/changes?afterVersion=0&afterSeq=0`)).toMatchObject({
      code: 'conversation_not_found',
    });
  });

  it('refuses a place that the conversation has not got to', async () => {
    const id = await group();
    for (const query of ['afterVersion=9&afterSeq=0', 'afterVersion=0&afterSeq=9']) {
      expect(await bob.error('GET', `/conversations/${id}/changes?${query}`)).toMatchObject({
        code: 'cursor_invalid',
      });
    }
    for (const query of ['', 'afterVersion=0', 'afterVersion=-1&afterSeq=0', 'afterVersion=x&afterSeq=0']) {
      expect(await bob.error('GET', `/conversations/${id}/changes?${query}`)).toMatchObject({
        code: 'payload_invalid',
      });
    }
  });

  it('brings a client that was away to what a fresh one sees, whatever happened', async () => {
    const id = await group();
    const own: Message[] = [];
    const held = new Map<string, Message>();
    let at = { version: 0, seq: 0 };
    const catchUp = async (limit: number) => {
      for (let more = true; more;) {
        const page = await changes(bob, id, at.version, at.seq, limit);
        for (const message of page.messages) {
          const mine = held.get(message.id);
          if (!mine || mine.version <= message.version) held.set(message.id, message);
          at = { ...at, seq: Math.max(at.seq, message.seq) };
        }
        at = { ...at, version: page.through };
        ({ more } = page);
      }
    };
    let random = 7;
    const next = (n: number) => (random = (random * 1_103_515_245 + 12_345) % 2 ** 31) % n;
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 6; i++) {
        const target = own[next(own.length || 1)];
        const path = `/conversations/${id}/messages/${target?.id ?? ''}`;
        const act = target ? next(5) : 0;
        if (act === 1) await ann.call('PATCH', path, { text: `edit ${round}.${i}` });
        else if (act === 2 && next(3) === 0) await ann.call('DELETE', path);
        else if (act === 3) await bob.call('PUT', `${path}/reactions/${encodeURIComponent('👍')}`);
        else if (act === 4) await ann.call('PUT', `${path}/pin`);
        else own.push(await say(ann, id, `${round}.${i}`));
      }
      if (round % 2) await catchUp(10 + next(10));
    }
    await catchUp(10);
    const { messages } = (await bob.ok('GET', `/conversations/${id}/messages?limit=200`)) as {
      messages: Message[];
    };
    expect([...held.values()].sort((a, b) => a.seq - b.seq)).toEqual(messages);
  });

  it('is the same over the socket', async () => {
    const id = await group();
    const bobs = await bob.connect();
    const data = { conversationId: id, afterVersion: 0, afterSeq: 0 };
    expect(await bobs.request('changes', data)).toEqual(await changes(bob, id, 0, 0));
    await expect(bobs.request('changes', { conversationId: id })).rejects.toMatchObject({
      code: 'payload_invalid',
    });
  });
});
