import { type Conversation, LIMITS, type Message, type SyncPage } from '@parley/protocol';
import type { Section } from '../check';
import { must, same } from '../difference';
import type { Line } from '../line';
import { say, type Scene } from '../scene';

export const comingBack: Section = {
  title: 'Coming back',
  checks: [
    ['sync without a cursor gives all conversations, in pages, the latest written in first', pages],
    ['sync with the last cursor gives what has changed since, and nothing else', since],
    ['sync tells of conversations that I am not in any more, and of what I deleted for me', gone],
    ['a cursor that is none is cursor_invalid', badCursors],
    ['changes gives what has changed of what one has, what is new, and all cursors at its end', changed],
    ['changes goes on until more is false, and through is then the version', changesInPages],
    ['after more than five pages of new messages the newest page comes, with the gap before it', gap],
    ['GET /v1/sync?wait answers as soon as there is news, and when the time is over', waits],
  ],
};

async function pages(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const line = await ann.connect();
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) ids.unshift(await ann.group(bob));
  const found: string[] = [];
  let cursor: string | undefined;
  for (let more = true; more;) {
    const page = await line.request('sync', { limit: 2, ...(cursor && { cursor }) });
    must(page.conversations.length <= 2, `a page of ${page.conversations.length} for a limit of 2`);
    found.push(...page.conversations.map(({ id }) => id));
    ({ cursor, more } = page);
  }
  same(found, ids, 'the conversations');
}

/** The cursor after everything that there is. */
async function all(line: Line): Promise<string> {
  const { cursor, more } = await line.request('sync', { limit: LIMITS.pageSize });
  must(!more, 'more pages are told than there are');
  return cursor;
}

async function since(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const line = await ann.connect();
  const [first] = [await ann.group(bob), await ann.group(bob)];
  const cursor = await all(line);
  same((await line.request('sync', { cursor })).conversations, [], 'what has changed when nothing has');
  const message = await say(await bob.connect(), first, 'news');
  const { conversations } = await line.request('sync', { cursor });
  same(conversations.length, 1, 'how many have changed');
  same(
    conversations[0],
    { id: first, lastSeq: 2, unread: 1, lastMessage: message, role: 'owner', peer: null },
    'the one that has',
  );
  const later = (await line.request('sync', { cursor })).cursor;
  await line.request('receipt.read', { conversationId: first, seq: 2 });
  const [moved] = (await line.request('sync', { cursor: later })).conversations;
  same(moved, { id: first, readSeq: 2, unread: 0 }, 'the conversation whose cursor has moved');
}

async function gone(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const [left, kept] = [await ann.group(bob), await ann.group(bob)];
  const line = await bob.connect();
  const hidden = await say(line, kept, 'not for me');
  const cursor = await all(line);
  await ann.ok('DELETE', `/conversations/${left}/members/${bob.id}`);
  await line.request('message.delete', { conversationId: kept, id: hidden.id, forMe: true });
  const page = await line.request('sync', { cursor });
  same(page.removed, [left], 'removed');
  same(page.hidden, [{ conversationId: kept, id: hidden.id, seq: hidden.seq }], 'hidden');
  const [summary] = page.conversations;
  must(
    summary?.id === kept && summary.lastMessage?.id !== hidden.id,
    'the last message is one that was deleted for me',
  );
}

async function badCursors(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const line = await ann.connect();
  const conversationId = await ann.direct(bob);
  await line.refusal('sync', { cursor: 'nonsense' }, 'cursor_invalid');
  await line.refusal('changes', { conversationId, afterVersion: 9, afterSeq: 0 }, 'cursor_invalid');
  await line.refusal('changes', { conversationId, afterVersion: 0, afterSeq: 9 }, 'cursor_invalid');
}

async function changed(scene: Scene): Promise<void> {
  const { ann, bob, eve } = await scene.people('ann', 'bob', 'eve');
  const line = await ann.connect();
  const conversationId = await ann.group(bob, eve);
  const [first, second] = [
    await say(line, conversationId, 'first'),
    await say(line, conversationId, 'second'),
  ];
  const held = { conversationId, afterVersion: second.version, afterSeq: second.seq };
  const edited = await line.request('message.edit', { conversationId, id: first.id, text: 'edited' });
  const third = await say(line, conversationId, 'third');
  await ann.ok('DELETE', `/conversations/${conversationId}/members/${eve.id}`);
  await line.request('receipt.read', { conversationId, seq: third.seq });
  const changes = await line.request('changes', held);
  same(
    changes.messages.map(({ seq }) => seq),
    [first.seq, third.seq, third.seq + 1],
    'the seqs of the messages',
  );
  same(changes.messages[0], edited.message, 'the edited message');
  same(
    changes.messages[2]?.metadata,
    { type: 'member.removed', userId: eve.id },
    'metadata of the entry of the server',
  );
  same(
    changes.gone.map(({ userId }) => userId),
    [eve.id],
    'gone',
  );
  same({ more: changes.more, gap: changes.gap }, { more: false, gap: null }, 'more and gap');
  same(
    changes.through,
    (await ann.ok<Conversation>('GET', `/conversations/${conversationId}`)).version,
    'through',
  );
  const mine = changes.receipts.find(({ userId }) => userId === ann.id);
  same(mine, { deliveredSeq: third.seq, readSeq: third.seq }, 'my receipt');
  const nothing = await line.request('changes', {
    conversationId,
    afterVersion: changes.through,
    afterSeq: third.seq + 1,
  });
  same(
    { messages: nothing.messages, through: nothing.through },
    { messages: [], through: changes.through },
    'the same once more',
  );
}

async function changesInPages(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const line = await ann.connect();
  const conversationId = await ann.direct(bob);
  const sent: Message[] = [];
  for (let i = 0; i < 5; i++) sent.push(await say(line, conversationId, `${i}`));
  const found: Message[] = [];
  let [afterVersion, more] = [0, true];
  for (let rounds = 0; more; rounds++) {
    must(rounds < 10, 'changes has more after ten pages of five messages');
    const page = await line.request('changes', {
      conversationId,
      afterVersion,
      afterSeq: found.at(-1)?.seq ?? 0,
      limit: 2,
    });
    found.push(...page.messages);
    ({ through: afterVersion, more } = page);
  }
  same(found, sent, 'the messages of all pages');
  same(afterVersion, sent.at(-1)!.version, 'through of the last page');
}

async function gap(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const line = await ann.connect();
  const conversationId = await ann.direct(bob);
  const sent: Message[] = [];
  for (let i = 0; i < 7; i++) sent.push(await say(line, conversationId, `${i}`));
  const page = await line.request('changes', { conversationId, afterVersion: 0, afterSeq: 0, limit: 1 });
  same(page.messages, sent.slice(-1), 'the messages of the page');
  const { gap: left, more, through } = page;
  const wanted = { left: { from: 1, to: 6 }, more: false, through: sent.at(-1)!.version };
  same({ left, more, through }, wanted, 'what comes with it');
}

async function waits(scene: Scene): Promise<void> {
  const { ann, bob } = await scene.people('ann', 'bob');
  const conversationId = await ann.direct(bob);
  const { cursor } = await ann.ok<SyncPage>('GET', '/sync');
  const path = `/sync?cursor=${encodeURIComponent(cursor)}`;
  same(
    (await ann.ok<SyncPage>('GET', `${path}&wait=1`)).conversations,
    [],
    'the answer when the time is over',
  );
  const waiting = ann.ok<SyncPage>('GET', `${path}&wait=30`);
  const line = await bob.connect();
  await say(line, conversationId, 'news');
  const { conversations } = await line.within(waiting, 'the answer to the sync that waits');
  same(conversations, [{ id: conversationId, lastSeq: 1 }], 'the answer');
}
