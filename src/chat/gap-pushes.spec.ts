import type { Message, SystemEntry } from '@parley/protocol';
import type { EntityManager } from 'typeorm';
import type { Progress } from '../common/commit';
import type { Push } from '../connections/push';
import { Membership } from '../conversations/membership';
import { ConversationEntity } from '../timeline/conversation.entity';
import { MemberEntity } from '../timeline/member.entity';
import { GapPushes } from './gap-pushes';

const conversation = Object.assign(new ConversationEntity(), {
  ...{ id: 'c', kind: 'group', title: 'g', historyVisible: false, lastSeq: 4, version: 5, memberCount: 2 },
  createdAt: new Date(0),
});
const rowOf = (userId: string, more: Partial<MemberEntity> = {}) =>
  Object.assign(new MemberEntity(), {
    ...{ conversationId: 'c', userId, role: 'member', joinedSeq: 3, deliveredSeq: 3, readSeq: 3 },
    ...{ version: 4, leftAt: null, ...more },
  });

/** The pushes that tell of an entry with seq 4, to these members. */
async function pushesOf(entry: SystemEntry, rows: MemberEntity[], version = 4) {
  const pushes = new GapPushes(conversation, { version: 3, seq: 3 }, { version: 5, seq: 4 });
  await pushes.readMembers({ findBy: () => Promise.resolve(rows) } as unknown as EntityManager);
  const message = { conversationId: 'c', seq: 4, version, senderId: 'ann', kind: 'system', quote: null };
  pushes.messages = [{ ...message, metadata: entry } as unknown as Message];
  const present = rows.filter((row) => !row.leftAt).map((row) => [row.userId, row] as const);
  return pushes.of(
    new Membership('c', 'group', new Map([['ann', rowOf('ann', { joinedSeq: 0 })], ...present]), 4),
  );
}

const told = (pushes: Push[]) =>
  pushes.map(({ to, frame }) => {
    const { event } = JSON.parse(frame.bytes('json').toString()) as { event: string };
    return `${event} to ${[...to].join()}`;
  });

it('tells who came that they are in it, also when their entry has changed since', async () => {
  const pushes = await pushesOf({ type: 'member.added', userIds: ['bob'] }, [rowOf('bob')], 5);
  expect(told(pushes)).toEqual([
    'conversation.created to bob',
    'message.created to ann,bob',
    'member.changed to ann,bob',
  ]);
});

it('tells of members at a place before what came after, also when their entry has changed since', async () => {
  const pushes = new GapPushes(conversation, { version: 3, seq: 3 }, { version: 9, seq: 5 });
  await pushes.readMembers({ findBy: () => Promise.resolve([rowOf('bob')]) } as unknown as EntityManager);
  const common = { conversationId: 'c', senderId: 'ann', quote: null };
  pushes.messages = [
    { ...common, seq: 4, version: 9, kind: 'system', metadata: { type: 'member.added', userIds: ['bob'] } },
    { ...common, seq: 5, version: 5, kind: 'text', metadata: null },
    { ...common, seq: 2, version: 8, kind: 'text', metadata: null },
  ] as unknown as Message[];
  const membership = new Membership('c', 'group', new Map([['ann', rowOf('ann', { joinedSeq: 0 })]]), 4);
  const shown = (end?: Progress) =>
    pushes.of(membership, end).map(({ frame }) => {
      const { event, data } = JSON.parse(frame.bytes('json').toString());
      return `${event} ${data.message?.version ?? data.version}`;
    });
  const added = (version: number) => [
    ...['conversation.created 5', 'message.created 9', `member.changed ${version}`],
  ];
  expect(shown()).toEqual([...added(5), 'message.created 5', 'message.updated 8']);
  // What follows is told by somebody else.
  expect(shown({ version: 4, seq: 4 })).toEqual(added(4));
});

it('tells who came nothing of what was before', async () => {
  const pushes = new GapPushes(conversation, { version: 3, seq: 3 }, { version: 6, seq: 5 });
  const row = rowOf('bob', { joinedSeq: 0, version: 5 });
  await pushes.readMembers({ findBy: () => Promise.resolve([row]) } as unknown as EntityManager);
  const common = { conversationId: 'c', senderId: 'ann', quote: null, kind: 'text', metadata: null };
  const added = { kind: 'system', metadata: { type: 'member.added', userIds: ['bob'] } };
  pushes.messages = [
    { ...common, seq: 4, version: 4 },
    { ...common, ...added, seq: 5, version: 5 },
    { ...common, seq: 2, version: 6 },
  ] as unknown as Message[];
  const members = ['ann', 'bob'].map((userId) => [userId, rowOf(userId, { joinedSeq: 0 })] as const);
  expect(told(pushes.of(new Membership('c', 'group', new Map(members), 5)))).toEqual([
    'message.created to ann',
    'conversation.created to bob',
    'message.created to ann,bob',
    'member.changed to ann,bob',
    'message.updated to ann,bob',
  ]);
});

it('tells who went that they are out', async () => {
  const pushes = await pushesOf({ type: 'member.removed', userId: 'bob' }, [
    rowOf('bob', { leftAt: new Date(0), version: 4 }),
  ]);
  expect(told(pushes)).toEqual([
    'conversation.removed to bob',
    'message.created to ann',
    'member.changed to ann',
  ]);
});

it('tells both sides of a hand-over', async () => {
  const rows = [rowOf('bob', { role: 'owner' }), rowOf('ann', { role: 'admin', joinedSeq: 0 })];
  const pushes = await pushesOf({ type: 'ownership.handed_over', userId: 'bob' }, rows);
  const { data } = JSON.parse(pushes.at(-1)!.frame.bytes('json').toString());
  expect(data.changes).toMatchObject([
    { userId: 'bob', role: 'owner' },
    { userId: 'ann', role: 'admin' },
  ]);
});
