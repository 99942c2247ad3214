import type { ServerFrame } from '@parley/client';
import type { Changes, ConversationSummary, Message, SyncPage } from '@parley/protocol';
import { Replica } from './replica';
import { conversationOf, entryOf, memberOf, messageOf } from './test-support';

const summaryOf = (more: Partial<ConversationSummary> = {}): ConversationSummary => ({
  ...conversationOf({ lastSeq: 2, version: 2 }),
  ...{ role: 'member', joinedSeq: 0, deliveredSeq: 0, readSeq: 0, unread: 1, unreadMentions: 0 },
  ...{ lastMessage: null, peer: null, ...more },
});
const pageOf = (conversations: ConversationSummary[], removed: string[] = []): SyncPage => {
  return { conversations, removed, hidden: [], cursor: 'cursor', more: false };
};
const changesOf = (more: Partial<Changes> = {}): Changes => ({
  ...{ conversationId: 'c', messages: [], members: [], gone: [], receipts: [] },
  ...{ through: 2, more: false, gap: null, ...more },
});
const created = (message: Message): ServerFrame => ({ event: 'message.created', data: { message } });
const updated = (message: Message): ServerFrame => ({ event: 'message.updated', data: { message } });
const MEMBERS = [memberOf('ann'), memberOf('bob')];

/** Ann's, who has read everything there was: two messages, of which Bob's is unread. */
function replica(): Replica {
  const made = new Replica('ann');
  made.syncBegins();
  made.synced(pageOf([summaryOf()]));
  read(made, { messages: [messageOf(1), messageOf(2, { senderId: 'bob' })], members: MEMBERS });
  return made;
}

function read(of: Replica, changes: Partial<Changes>): void {
  const held = of.conversations.get('c')!;
  const { seq } = held.line.read();
  held.isStale = false;
  const page = changesOf(changes);
  of.changed(held, page);
  held.line.reached(
    { version: page.through, seq: Math.max(seq, ...page.messages.map((each) => each.seq)) },
    true,
  );
}

const view = (of: Replica) => of.conversations.get('c')!.view();
const held = (of: Replica) => of.conversations.get('c')!;

it('counts new messages of others on top of the last count, and takes counts as they come', () => {
  const ann = replica();
  ann.receive(created(messageOf(3, { senderId: 'bob', mentionsAll: true })));
  ann.receive(created(messageOf(4)));
  expect(view(ann)).toMatchObject({ unread: 2, unreadMentions: 1, lastSeq: 4 });
  const count = { conversationId: 'c', unreadMentions: 0, readSeq: 3, lastSeq: 4 };
  ann.receive({ event: 'unread.updated', data: { ...count, unread: 0 } });
  ann.receive({ event: 'unread.updated', data: { ...count, unread: 9, readSeq: 2 } });
  expect(view(ann).unread).toBe(0);
  expect(held(ann).needsReading).toBe(false);
});

it('notices a version that was left out', () => {
  const ann = replica();
  ann.receive(created(messageOf(4)));
  expect(held(ann)).toMatchObject({ needsReading: true, line: { place: { version: 2, seq: 2 } } });
  read(ann, { messages: [messageOf(3), messageOf(4)], through: 4 });
  expect(held(ann)).toMatchObject({ needsReading: false, line: { place: { version: 4, seq: 4 } } });
});

it('does not take an entry for the whole of its version', () => {
  const ann = replica();
  ann.receive(created(entryOf(3, { type: 'member.added', userIds: ['eve'] })));
  expect(held(ann).line.place).toEqual({ version: 2, seq: 2 });
  const changes = [{ userId: 'eve', role: 'member' as const, member: memberOf('eve', { version: 3 }) }];
  ann.receive({
    event: 'member.changed',
    data: { conversationId: 'c', version: 3, changes, memberCount: 3 },
  });
  expect(held(ann).line.place).toEqual({ version: 3, seq: 3 });
  expect(view(ann)).toMatchObject({ memberCount: 3 });
});

it('merges by the greater version, cursors by the maximum, whatever comes first', () => {
  const ann = replica();
  ann.receive(updated(messageOf(1, { version: 4, text: 'later' })));
  ann.receive(updated(messageOf(1, { version: 3, text: 'earlier' })));
  expect(view(ann).messages.get('m1')).toMatchObject({ version: 4, text: 'later' });
  const receipt = { conversationId: 'c', userId: 'bob' };
  ann.receive({ event: 'receipt.updated', data: { ...receipt, deliveredSeq: 2, readSeq: 1 } });
  read(ann, { receipts: [{ userId: 'bob', deliveredSeq: 1, readSeq: 2 }], through: 4 });
  expect(view(ann).members.get('bob')).toMatchObject({ deliveredSeq: 2, readSeq: 2 });
});

it('renews quotes when their original changes, and shows none of what is hidden', () => {
  const ann = replica();
  ann.receive(created(messageOf(3, { replyTo: 'm1', quote: quoteOf(1, 'text 1') })));
  ann.receive(updated(messageOf(1, { version: 4, text: 'edited' })));
  expect(view(ann).messages.get('m3')?.quote).toMatchObject({ version: 4, text: 'edited' });
  ann.receive({ event: 'message.hidden', data: { conversationId: 'c', id: 'm1', seq: 1 } });
  ann.receive(updated(messageOf(1, { version: 5 })));
  expect([...view(ann).messages.keys()]).toEqual(['m2', 'm3']);
});

it('begins anew when it was out in between, and forgets what it is not in any more', () => {
  const ann = replica();
  ann.synced(pageOf([summaryOf({ joinedSeq: 5, lastSeq: 6, version: 6 })]));
  expect(view(ann)).toMatchObject({ joinedSeq: 5, messages: new Map() });
  // What is older than what it knows by now does not count.
  ann.synced(pageOf([summaryOf()]));
  expect(view(ann).joinedSeq).toBe(5);
  ann.receive({ event: 'conversation.removed', data: { conversationId: 'c', version: 7 } });
  ann.receive(created(messageOf(8)));
  expect(ann.conversations.size).toBe(0);
});

it('keeps what began while a sync was under way that is older', () => {
  const ann = replica();
  ann.syncBegins();
  const data = { conversationId: 'c', version: 4, conversation: conversationOf({ version: 4, lastSeq: 4 }) };
  ann.receive({
    event: 'conversation.created',
    data: { ...data, member: memberOf('ann', { joinedSeq: 3 }) },
  });
  ann.synced(pageOf([], ['c']));
  expect(held(ann)).toMatchObject({ needsReading: true, joinedSeq: 3 });
});

it('is the same after it was stored', () => {
  const ann = replica();
  ann.cursor = 'cursor';
  ann.receive({ event: 'message.hidden', data: { conversationId: 'c', id: 'm1', seq: 1 } });
  const again = Replica.restore('ann', JSON.parse(JSON.stringify(ann)) as ReturnType<Replica['toJSON']>);
  expect(view(again)).toEqual(view(ann));
  expect(again).toMatchObject({ cursor: 'cursor' });
  expect(held(again)).toMatchObject({ needsReading: false, line: { place: { version: 2, seq: 2 } } });
});

function quoteOf(seq: number, text: string) {
  return { id: `m${seq}`, seq, version: seq, senderId: 'ann', kind: 'text', text, deleted: false };
}
