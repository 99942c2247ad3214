import type { Message } from '@parley/protocol';
import { differences } from './compare';
import type { ConversationView } from './conversation-view';
import { memberOf, messageOf, truthWith } from './test-support';
import { viewOf } from './truth';

const reply = messageOf(4, { id: 'm4', replyTo: 'm1', senderId: 'bob' });
const right = seenBy('ann', [1, 2, 3].map((seq) => messageOf(seq, { senderId: 'bob' })).concat(reply));

function seenBy(userId: string, messages: Message[]): ConversationView {
  const view = viewOf(userId, truthWith(messages).get('c')!);
  if (!view) throw new Error(`${userId} is not in it`);
  return view;
}

function compare(seen: ConversationView | null, other: ConversationView | null = right) {
  const asMap = (view: ConversationView | null) => new Map(view ? [[view.id, view]] : []);
  const found = [
    ...differences({ seen: asMap(seen), seenBy: 'seen', right: asMap(other), rightBy: 'right' }),
  ];
  return found.map(({ kind, sentence }) => `${kind}: ${sentence}`);
}

/** What is right, with one message changed, or (null) gone. */
function withMessage(id: string, change: Partial<Message> | null): ConversationView {
  const messages = new Map(right.messages);
  if (change) messages.set(id, { ...messages.get(id)!, ...change });
  else messages.delete(id);
  return { ...right, messages };
}

it('finds nothing where nothing is different', () => {
  expect(compare({ ...right, messages: new Map([...right.messages].reverse()) })).toEqual([]);
});

it.each<[string, ConversationView, string[]]>([
  [
    'a message is missing',
    withMessage('m2', null),
    ['gaps: message m2 (seq 2, version 2): seen not there, right there'],
  ],
  [
    'there is one too many',
    withMessage('m9', messageOf(9)),
    ['stale: message m9 (seq 9, version 9) : seen there, right not there'],
  ],
  [
    'an edit is missing',
    withMessage('m1', { text: 'before', version: 0 }),
    [
      'stale: message m1 (seq 1, version 0) version: seen 0, right 1',
      'stale: message m1 (seq 1, version 0) text: seen before, right text 1',
    ],
  ],
  [
    'a reaction is missing',
    withMessage('m1', { reactions: [{ emoji: '👍', count: 1, userIds: ['bob'] }] }),
    [
      'stale: message m1 (seq 1, version 1) reactions: seen [{"emoji":"👍","count":1,"userIds":["bob"]}], right []',
    ],
  ],
  [
    'the count is wrong',
    { ...right, unread: 3 },
    ['unread: unread: seen 3, right 4 (lastSeq 4, joinedSeq 0)'],
  ],
  [
    'the count of mentions is wrong',
    { ...right, unreadMentions: 1 },
    ['unread: unreadMentions: seen 1, right 0 (lastSeq 4, joinedSeq 0)'],
  ],
  ['the title is old', { ...right, title: 'Old' }, ['stale: title: seen Old, right Title']],
  ['the size is old', { ...right, memberCount: 3 }, ['stale: memberCount: seen 3, right 2']],
  [
    'a member is missing',
    { ...right, members: new Map([['ann', memberOf('ann')]]) },
    ['stale: member bob : seen not there, right there'],
  ],
  [
    'a cursor is old',
    {
      ...right,
      members: new Map([...right.members, ['bob', memberOf('bob', { readSeq: 1, deliveredSeq: 2 })]]),
    },
    ['stale: member bob deliveredSeq: seen 2, right 0', 'stale: member bob readSeq: seen 1, right 0'],
  ],
])('finds that %s', (_, seen, expected) => {
  expect(compare(seen)).toEqual(expected);
});

it('finds an old quote, but of what one has deleted for oneself', () => {
  const quote = { ...right.messages.get('m4')!.quote!, text: 'before' };
  expect(compare(withMessage('m4', { quote }))).toHaveLength(1);
  const hidden = new Map([...right.messages].filter(([id]) => id !== 'm1'));
  const old = new Map([...hidden, ['m4', { ...hidden.get('m4')!, quote }]]);
  expect(compare({ ...right, messages: old }, { ...right, messages: hidden })).toEqual([]);
});

it('finds a conversation that is missing, and one too many', () => {
  expect(compare(null)).toEqual(['stale: right holds the conversation, seen does not']);
  expect(compare(right, null)).toEqual(['stale: seen holds the conversation, right does not']);
});

it('counts what is unread anew: not mine, not deleted, not hidden, not before I came or what I have read', () => {
  const messages = [
    messageOf(1, { senderId: 'bob' }),
    messageOf(2, { senderId: 'bob' }),
    messageOf(3, { senderId: 'bob', mentions: ['ann'] }),
    messageOf(4),
    messageOf(5, { senderId: 'bob', deletedAt: 'then' }),
    messageOf(6, { senderId: 'bob', mentionsAll: true }),
    messageOf(7, { senderId: 'bob' }),
  ];
  const members = new Map([['ann', memberOf('ann', { joinedSeq: 1, readSeq: 2 })]]);
  const hidden = new Map([['ann', new Set(['m7'])]]);
  const view = viewOf('ann', truthWith(messages, { members, hidden }).get('c')!);
  expect(view).toMatchObject({ unread: 2, unreadMentions: 2 });
  expect([...view!.messages.keys()]).toEqual(['m2', 'm3', 'm4', 'm5', 'm6']);
  expect(viewOf('eve', truthWith(messages).get('c')!)).toBeNull();
});
