import type { Message } from '@parley/protocol';
import { Afflictions } from './afflictions';
import { judgeBlocks, judgeLedger, judgeNumbers, judgePermission } from './judge';
import { Ledger } from './ledger';
import { Sightings } from './sightings';
import { at, countsOf, entryOf, findings, memberOf, messageOf, truthWith } from './test-support';
import { Truth, truthOf, viewOf } from './truth';

const stored = [1, 2, 3].map((seq) => messageOf(seq));

function ledgerOf(messages: readonly Message[], found = findings()): Ledger {
  const ledger = new Ledger(found);
  for (const message of messages) {
    ledger.send('ann', { id: message.id, conversationId: 'c', text: message.text ?? '' });
    ledger.sent({ message, duplicate: false });
  }
  return ledger;
}

describe('what was acknowledged', () => {
  function judged(truth: Truth, prepare: (ledger: Ledger) => void = () => undefined) {
    const found = findings();
    const ledger = ledgerOf(stored, found);
    prepare(ledger);
    judgeLedger(ledger, truth, found);
    return countsOf(found);
  }

  it('is there', () => {
    expect(judged(truthWith(stored))).toEqual({});
  });

  it.each<[string, Truth]>([
    ['is not there', truthWith(stored.slice(0, 2))],
    ['has another seq', truthWith([...stored.slice(0, 2), messageOf(4, { id: 'm3', version: 3 })])],
    ['has another sender', truthWith([...stored.slice(0, 2), messageOf(3, { senderId: 'bob', version: 4 })])],
    ['says something else', truthWith([...stored.slice(0, 2), messageOf(3, { text: 'else', version: 4 })])],
    ['has lost its conversation', new Truth([], true)],
  ])('is lost when it %s', (_, truth) => {
    expect(judged(truth).lost).toBeGreaterThan(0);
  });

  it('is lost when a change that was answered is not there, or is not what was answered', () => {
    const edited = messageOf(2, { text: 'edited', version: 4, editedAt: at(4) });
    const answer = (ledger: Ledger) => ledger.answered(edited);
    expect(judged(truthWith(stored), answer)).toEqual({ lost: 1 });
    expect(judged(truthWith(stored.with(1, { ...edited, text: 'another' })), answer)).toEqual({ lost: 1 });
    expect(judged(truthWith(stored.with(1, edited)), answer)).toEqual({});
    expect(judged(truthWith(stored.with(1, { ...edited, text: 'later', version: 5 })), answer)).toEqual({});
  });

  it('is lost when a cursor, a title, a group or what was hidden is not there', () => {
    const members = new Map([['ann', memberOf('ann', { readSeq: 1, deliveredSeq: 1 })]]);
    const moved = { conversationId: 'c', userId: 'ann', readSeq: 2, deliveredSeq: 2 };
    expect(judged(truthWith(stored, { members }), (ledger) => ledger.moved(moved))).toEqual({ lost: 1 });
    const titled = (ledger: Ledger) => ledger.titles.push({ conversationId: 'c', title: 'New' });
    expect(judged(truthWith(stored), titled)).toEqual({ lost: 1 });
    expect(judged(truthWith(stored), (ledger) => ledger.groups.add('g'))).toEqual({ lost: 1 });
    const hide = (ledger: Ledger) => ledger.hidden.push({ userId: 'ann', conversationId: 'c', id: 'm1' });
    expect(judged(truthWith(stored, { hidden: new Map([['bob', new Set(['m1'])]]) }), hide)).toEqual({
      lost: 1,
    });
    expect(judged(truthWith(stored, { hidden: new Map([['ann', new Set(['m1'])]]) }), hide)).toEqual({});
  });

  it('is looked for without a database where somebody must see it', () => {
    const view = (messages: Message[]) => truthOf([viewOf('bob', truthWith(messages).get('c')!)!]);
    expect(judged(view(stored))).toEqual({});
    expect(judged(view(stored.slice(0, 2)))).toEqual({ lost: 1 });
    const hide = (ledger: Ledger) => ledger.hidden.push({ userId: 'bob', conversationId: 'c', id: 'm3' });
    expect(judged(view(stored.slice(0, 2)), hide)).toEqual({});
    expect(judged(new Truth([], false))).toEqual({});
  });

  it('is a duplicate when one id was acknowledged with two numbers', () => {
    const found = findings();
    ledgerOf(stored, found).sent({ message: messageOf(9, { id: 'm1' }), duplicate: true });
    expect(countsOf(found)).toEqual({ duplicated: 1 });
  });
});

describe('numbers', () => {
  const judged = (truth: Truth) => {
    const found = findings();
    judgeNumbers(truth, found);
    return countsOf(found);
  };
  const title = (seq: number, to = 'New') => entryOf(seq, { type: 'title.changed', title: to });

  it.each<[string, Truth, object]>([
    ['1, 2, 3', truthWith(stored), {}],
    ['a missing one', truthWith(stored.toSpliced(1, 1), { lastSeq: 3 }), { gaps: 1 }],
    ['the last one missing', truthWith(stored.slice(0, 2), { lastSeq: 3 }), { gaps: 1 }],
    [
      'one that is taken',
      truthWith([...stored, messageOf(3, { id: 'again' })], { lastSeq: 3 }),
      { duplicated: 1 },
    ],
    ['an entry that is there twice', truthWith([title(1), title(2)]), { duplicated: 1 }],
    ['a title that was set again', truthWith([title(1), title(2, 'Other'), title(3)]), {}],
  ])('%s', (_, truth, expected) => {
    expect(judged(truth)).toEqual(expected);
  });
});

describe('who was out', () => {
  const timeline = [
    entryOf(1, { type: 'conversation.created', title: null }),
    entryOf(2, { type: 'member.removed', userId: 'bob' }),
    messageOf(3),
    messageOf(40),
    entryOf(41, { type: 'member.added', userIds: ['bob'] }),
    messageOf(42),
  ];
  const truth = truthWith(timeline);

  function judged(...pushed: { event?: string; message?: Message; second?: number }[]) {
    const found = findings();
    const sightings = new Sightings();
    for (const { event = 'message.created', message, second = 0 } of pushed) {
      const told = message && { seq: message.seq, createdAt: Date.parse(message.createdAt) };
      sightings.add('bob', 'c', { event, at: Date.parse(at(second)), ...(told && { message: told }) });
    }
    judgePermission(sightings, truth, ['ann', 'bob'], found);
    return found.count('forbidden');
  }

  it('may be told what was before, what followed at once, and what came after their return', () => {
    const [made, , soon, , back, after] = timeline;
    expect(judged({ message: made! }, { message: soon! }, { message: back! }, { message: after! })).toBe(0);
    expect(
      judged({ event: 'conversation.removed', second: 30 }, { event: 'receipt.updated', second: 45 }),
    ).toBe(0);
  });

  it('was told what they must not see', () => {
    expect(judged({ message: timeline[3]! })).toBe(1);
    expect(judged({ event: 'receipt.updated', second: 30 }, { event: 'typing.changed', second: 31 })).toBe(2);
  });
});

describe('a block', () => {
  const second = (seconds: number) => Date.parse(at(seconds));

  function judged(kind: 'direct' | 'group', ...seqs: number[]) {
    const found = findings();
    const afflictions = new Afflictions(() => second(20) - performance.timeOrigin);
    afflictions.begin({ name: 'node-freeze', what: 'stopped', closes: [], stalls: true })();
    const truth = truthWith(
      seqs.map((seq) => messageOf(seq)),
      { kind },
    );
    const block = { userId: 'bob', peerId: 'ann', from: second(10), to: second(50) };
    judgeBlocks([block], truth, afflictions, found);
    return found.count('forbidden');
  }

  it('lets nothing pass from a second after it on until it is lifted', () => {
    expect(judged('direct', 9, 11, 51)).toBe(0);
    expect(judged('direct', 12, 49)).toBe(2);
  });

  it('does not act in groups, and may act late while a server stands still', () => {
    expect(judged('group', 12)).toBe(0);
    expect(judged('direct', 21, 34)).toBe(0);
  });
});
