import type { ConversationSummary, Message } from '@parley/protocol';
import { Replica } from './replica';

const ME = 'me';

function message(seq: number, more: Partial<Message> = {}): Message {
  return {
    ...{
      id: `m${seq}`,
      conversationId: 'c',
      seq,
      version: seq + 1,
      senderId: 'you',
      kind: 'text',
      text: `${seq}`,
    },
    ...{ metadata: null, mentions: [], mentionsAll: false, replyTo: null, quote: null, reactions: [] },
    ...{
      createdAt: '2026-01-01T00:00:00.000Z',
      editedAt: null,
      deletedAt: null,
      pinnedAt: null,
      pinnedBy: null,
    },
    ...more,
  };
}

function summary(lastSeq: number, more: Partial<ConversationSummary> = {}): ConversationSummary {
  return {
    ...{
      id: 'c',
      kind: 'group',
      title: 'T',
      historyVisible: false,
      lastSeq,
      version: lastSeq + 1,
      memberCount: 2,
    },
    ...{ createdAt: '2026-01-01T00:00:00.000Z', role: 'member', joinedSeq: 0, deliveredSeq: 0, readSeq: 0 },
    ...{ unread: lastSeq, unreadMentions: 0, peer: null, lastMessage: lastSeq > 0 ? message(lastSeq) : null },
    ...more,
  } as ConversationSummary;
}

const page = (messages: Message[], through: number, more: object = {}) => ({
  ...{ conversationId: 'c', messages, members: [], gone: [], receipts: [], through, more: false, gap: null },
  ...more,
});

function replica({ watchers = 1 } = {}) {
  const arrived: number[] = [];
  const held = new Replica(ME, {
    watchersOf: () => watchers,
    changed: () => undefined,
    listChanged: () => undefined,
    arrived: (one) => arrived.push(one.seq),
    stored: () => undefined,
  });
  const sync = (...conversations: ConversationSummary[]) =>
    held.synced({ conversations, removed: [], hidden: [], cursor: 'x', more: false });
  const conversation = () => held.conversations.get('c')!;
  /** Reads as the reader does. */
  const read = (...pages: ReturnType<typeof page>[]) => {
    const one = conversation();
    if (!one.isRead) one.readFromStart();
    one.isStale = false;
    for (const each of pages) held.changed(one, each, one.line.read().seq);
    one.isRead = true;
  };
  const push = (one: Message) => held.pushed({ event: 'message.created', data: { message: one } });
  const shown = () => conversation().messages.map(({ seq }) => seq);
  return { held, sync, conversation, read, push, shown, arrived };
}

describe('Replica', () => {
  it('goes on from what it has read, page by page', () => {
    const { sync, read, shown, conversation } = replica();
    sync(summary(0));
    sync(summary(1));
    read(page([message(1)], 2));
    sync(summary(2));
    expect(conversation().needsReading).toBe(true);
    read(page([message(2)], 3));
    expect(shown()).toEqual([1, 2]);
    expect(conversation().needsReading).toBe(false);
  });

  it('is not led astray by a list that comes while it reads', () => {
    const { held, sync, shown, conversation } = replica();
    sync(summary(1));
    const one = conversation();
    one.readFromStart();
    sync(summary(2));
    held.changed(one, page([message(1)], 2), 0);
    one.isRead = true;
    expect(one.needsReading).toBe(true);
    held.changed(one, page([message(2)], 3), one.line.read().seq);
    expect(shown()).toEqual([1, 2]);
  });

  it('shows nothing beyond what is missing, and all when it is there', () => {
    const { sync, read, push, shown, conversation, arrived } = replica();
    sync(summary(1));
    read(page([message(1)], 2));
    push(message(3));
    expect(conversation().needsReading).toBe(true);
    expect(shown()).toEqual([1]);
    read(page([message(2), message(3)], 4));
    expect(shown()).toEqual([1, 2, 3]);
    expect(arrived).toEqual([3, 2]);
  });

  it('lets go of what is before a gap, and reads it by history', () => {
    const { sync, read, shown, conversation } = replica();
    sync(summary(2));
    read(page([message(1), message(2)], 3));
    sync(summary(500));
    read(page([message(499), message(500)], 501, { gap: { from: 3, to: 498 } }));
    expect(shown()).toEqual([499, 500]);
    expect(conversation().hasOlder).toBe(true);
    conversation().prepend([message(497), message(498)], false);
    expect(shown()).toEqual([497, 498, 499, 500]);
    conversation().prepend([message(1)], true);
    expect(conversation().hasOlder).toBe(false);
  });

  it('counts what comes after the count of the server, and takes its next one', () => {
    const { held, sync, push, conversation } = replica({ watchers: 0 });
    sync(summary(5, { unread: 2, readSeq: 3 }));
    push(message(6));
    push(message(7, { senderId: ME }));
    push(message(8, { mentions: [ME] }));
    expect(conversation().state()).toMatchObject({ unread: 4, unreadMentions: 1, lastSeq: 8 });
    held.pushed({
      event: 'unread.updated',
      data: { conversationId: 'c', unread: 0, unreadMentions: 0, readSeq: 2, lastSeq: 8 },
    });
    expect(conversation().state().unread).toBe(4);
    held.moved({ conversationId: 'c', userId: ME, deliveredSeq: 8, readSeq: 8, ...zero(8) });
    expect(conversation().state()).toMatchObject({ unread: 0, unreadMentions: 0, readSeq: 8 });
  });

  it('is the same after it was stored, though fewer messages are', () => {
    const { held, sync, read, push } = replica();
    sync(summary(1));
    read(page([message(1)], 2));
    for (let seq = 2; seq <= 30; seq++) push(message(seq));
    const stored = JSON.parse(JSON.stringify(held.conversations.get('c')!.toJSON(10)));
    const again = replica();
    again.held.restore('cursor', [stored]);
    expect(again.shown()).toEqual(Array.from({ length: 10 }, (_, index) => index + 21));
    expect(again.conversation().state()).toEqual(held.conversations.get('c')!.state());
    expect(again.conversation()).toMatchObject({ hasOlder: true, needsReading: false });
    again.push(message(31));
    expect(again.conversation().state().unread).toBe(31);
  });

  it('begins again where somebody was out in between', () => {
    const { sync, read, shown, conversation } = replica();
    sync(summary(2));
    read(page([message(1), message(2)], 3));
    sync(summary(9, { joinedSeq: 8 }));
    read(page([message(8), message(9)], 10));
    expect(shown()).toEqual([9]);
    expect(conversation().joinedSeq).toBe(8);
  });

  it('keeps what was deleted for me out, whatever page brings it', () => {
    const { held, sync, read, shown } = replica();
    sync(summary(2));
    held.hid({ conversationId: 'c', id: 'm2', seq: 2 });
    expect(held.conversations.get('c')!.needsReading).toBe(true);
    read(page([message(1), message(2)], 3));
    expect(shown()).toEqual([1]);
  });
});

const zero = (lastSeq: number) => ({ unread: 0, unreadMentions: 0, lastSeq });
