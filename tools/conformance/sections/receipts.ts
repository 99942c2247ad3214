import type { Readers, UnreadExplanation } from '@parley/protocol';
import type { Section } from '../check';
import { must, same } from '../difference';
import { newMessage, say, type Scene } from '../scene';

export const receipts: Section = {
  title: 'Receipts and unread',
  checks: [
    ['cursors move forward only, not beyond the newest, and what is read is delivered', forward],
    ['a cursor that moves is pushed to the members', pushed],
    ['unread counts what is not mine, not deleted and after my cursor, and says so to my devices', unread],
    ['readers of a message are named, its sender aside', readers],
  ],
};

async function pair(scene: Scene) {
  const { ann, bob } = await scene.people('ann', 'bob');
  const conversationId = await ann.direct(bob);
  return { ann, bob, conversationId, line: await ann.connect(), other: await bob.connect() };
}

async function forward(scene: Scene): Promise<void> {
  const { bob, conversationId, line, other } = await pair(scene);
  for (let i = 0; i < 3; i++) await say(line, conversationId, `${i}`);
  const at = (deliveredSeq: number, readSeq: number) => ({
    conversationId,
    userId: bob.id,
    deliveredSeq,
    readSeq,
  });
  same(
    await other.request('receipt.delivered', { conversationId, seq: 2 }),
    at(2, 0),
    'the receipt after delivered 2',
  );
  same(
    await other.request('receipt.delivered', { conversationId, seq: 1 }),
    at(2, 0),
    'the receipt after delivered 1',
  );
  same(
    await other.request('receipt.read', { conversationId, seq: 9 }),
    { ...at(3, 3), unread: 0, lastSeq: 3 },
    'the receipt after read 9',
  );
  same(await other.request('receipt.read', { conversationId, seq: 1 }), at(3, 3), 'the receipt after read 1');
}

async function pushed(scene: Scene): Promise<void> {
  const { bob, conversationId, line, other } = await pair(scene);
  const { id } = await say(line, conversationId);
  await other.request('receipt.read', { conversationId, messageId: id });
  const receipt = await line.next(
    'receipt.updated',
    ({ userId, readSeq }) => userId === bob.id && readSeq > 0,
  );
  same(receipt, { conversationId, userId: bob.id, deliveredSeq: 1, readSeq: 1 }, 'the push');
}

async function unread(scene: Scene): Promise<void> {
  const { bob, conversationId, line, other } = await pair(scene);
  const device = await bob.connect();
  const first = await say(line, conversationId, 'one');
  await line.request('message.send', { conversationId, ...newMessage('two'), mentionAll: true });
  await say(other, conversationId, 'mine');
  const third = await say(line, conversationId, 'three');
  const path = `/conversations/${conversationId}/unread`;
  same(
    await bob.ok('GET', path),
    { conversationId, unread: 3, unreadMentions: 1, readSeq: 0, lastSeq: 4 },
    'what is unread',
  );
  await line.request('message.delete', { conversationId, id: third.id });
  same(
    await device.next('unread.updated', ({ unread: count }) => count === 2),
    { unreadMentions: 1, lastSeq: 4 },
    'the push after a deletion',
  );
  const read = await other.request('receipt.read', { conversationId, seq: first.seq });
  same(read, { unread: 1, unreadMentions: 1, readSeq: first.seq, lastSeq: 4 }, 'the reply to receipt.read');
  same(
    await device.next('unread.updated', ({ readSeq }) => readSeq === first.seq),
    { unread: 1, unreadMentions: 1 },
    'the push to my other device',
  );
  const { explain } = await bob.ok<{ explain: UnreadExplanation }>('GET', `${path}?explain=1`);
  same(
    explain,
    {
      from: first.seq,
      counted: [{ seq: 2, mentions: true }],
      notCounted: { mine: 1, deleted: 1, hidden: 0 },
      capped: false,
    },
    'how it comes about',
  );
}

async function readers(scene: Scene): Promise<void> {
  const { ann, bob, eve } = await scene.people('ann', 'bob', 'eve');
  const conversationId = await ann.group(bob, eve);
  const [line, bobs, eves] = [await ann.connect(), await bob.connect(), await eve.connect()];
  const { id, seq } = await say(line, conversationId);
  await bobs.request('receipt.read', { conversationId, seq });
  await eves.request('receipt.delivered', { conversationId, seq });
  const found = await ann.ok<Readers>('GET', `/conversations/${conversationId}/messages/${id}/readers`);
  same({ seq: found.seq, readBy: found.readBy }, { seq, readBy: [bob.id] }, 'who has read it');
  must(found.deliveredTo.includes(eve.id), 'who has got it is not named');
  must(![...found.readBy, ...found.deliveredTo].includes(ann.id), 'its sender is named');
}
