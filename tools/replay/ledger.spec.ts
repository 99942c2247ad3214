import type { Message, SystemEntry } from '@parley/protocol';
import { CLEAN, countUnstored, type Judged, Ledger, type Verdict } from './ledger';

const BASE = {
  conversationId: 'c',
  version: 1,
  metadata: null,
  mentions: [],
  mentionsAll: false,
  replyTo: null,
  quote: null,
  reactions: [],
  createdAt: '2026-11-23T00:00:00.000Z',
  editedAt: null,
  deletedAt: null,
  pinnedAt: null,
  pinnedBy: null,
};
const text = (seq: number, senderId: string): Message => {
  return { ...BASE, id: `m${seq}`, seq, senderId, kind: 'text', text: `text ${seq}` };
};
const system = (seq: number, entry: SystemEntry): Message => {
  return {
    ...BASE,
    id: `s${seq}`,
    seq,
    senderId: 'boss',
    kind: 'system',
    text: null,
    metadata: { ...entry },
  };
};

// a and b are added, then c; b leaves and comes back.
const HISTORY = [
  system(1, { type: 'conversation.created', title: 'day' }),
  system(2, { type: 'member.added', userIds: ['a', 'b'] }),
  text(3, 'a'),
  text(4, 'b'),
  system(5, { type: 'member.added', userIds: ['c'] }),
  text(6, 'c'),
  system(7, { type: 'member.left', userId: 'b' }),
  text(8, 'a'),
  system(9, { type: 'member.added', userIds: ['b'] }),
  text(10, 'a'),
];
const RIGHT: Record<string, number[]> = {
  boss: [2, 3, 4, 5, 6, 7, 8, 9, 10],
  a: [3, 4, 5, 6, 7, 8, 9, 10],
  b: [3, 4, 5, 6, 10],
  c: [6, 7, 8, 9, 10],
};
const EXPECTED = Object.values(RIGHT).flat().length;

/** A copy of a message, as each connection parses its own. */
const at = (seq: number): Message => ({ ...(HISTORY[seq - 1] as Message) });

function play(received: Record<string, (number | Message)[]>, sent = HISTORY): Ledger {
  const ledger = new Ledger();
  for (const message of sent.filter(({ kind }) => kind === 'text')) {
    ledger.send(message.id, message.senderId, message.text ?? '', message.mentions);
  }
  for (const [userId, messages] of Object.entries({ ...RIGHT, ...received })) {
    for (const each of messages) {
      const message = typeof each === 'number' ? at(each) : each;
      if (message.senderId === userId && message.kind === 'text') ledger.replied(userId, message);
      else ledger.pushed(userId, message);
    }
  }
  return ledger;
}

function judge(ledger: Ledger, history: Message[] = HISTORY): Verdict {
  const conversation: Judged = { kind: 'group', conversationId: 'c', memberIds: Object.keys(RIGHT), history };
  return ledger.judge(conversation);
}

const GOOD: Verdict = { ...CLEAN, stored: 5, expected: EXPECTED, received: EXPECTED };

describe('Ledger.judge', () => {
  it('finds nothing where everybody got everything once, in order, while they were there', () => {
    expect(judge(play({}))).toEqual(GOOD);
  });

  it("leaves open whether one is told of the making, and of one's own coming and going", () => {
    expect(judge(play({ boss: [1, ...(RIGHT.boss ?? [])], b: [2, 3, 4, 5, 6, 7, 9, 10] }))).toEqual(GOOD);
  });

  it('finds what a member did not receive', () => {
    expect(judge(play({ c: [6, 7, 9, 10] }))).toEqual({ ...GOOD, lost: 1, received: EXPECTED - 1 });
    expect(judge(play({ c: [] }))).toMatchObject({ lost: 5 });
  });

  it('finds what came twice', () => {
    expect(judge(play({ c: [6, 7, 7, 8, 9, 10] }))).toEqual({ ...GOOD, duplicated: 1 });
    expect(judge(play({ c: [6, 7, 8, 9, 10, 6] }))).toEqual({ ...GOOD, duplicated: 1 });
  });

  it('finds what came after later ones, also a reply behind a push', () => {
    expect(judge(play({ c: [6, 8, 7, 9, 10] }))).toEqual({ ...GOOD, reordered: 1 });
    expect(judge(play({ a: [4, 3, 5, 6, 7, 8, 9, 10] }))).toEqual({ ...GOOD, reordered: 1 });
  });

  it('finds what was seen before joining and after leaving', () => {
    expect(judge(play({ c: [4, 6, 7, 8, 9, 10] }))).toEqual({ ...GOOD, leaked: 1 });
    expect(judge(play({ b: [3, 4, 5, 6, 8, 10] }))).toEqual({ ...GOOD, leaked: 1 });
  });

  it('finds what a stranger received', () => {
    expect(judge(play({ stranger: [3] }))).toEqual({ ...GOOD, leaked: 1 });
  });

  it('finds what was received and is not stored', () => {
    expect(judge(play({}), HISTORY.slice(0, 9))).toMatchObject({ stored: 4, leaked: 4 });
    expect(judge(play({ c: [6, { ...at(7), id: 'other' }, 8, 9, 10] }))).toMatchObject({
      lost: 1,
      leaked: 1,
    });
  });

  it('finds what differs from what was sent, stored or received', () => {
    expect(judge(play({ c: [{ ...at(6), text: 'other' }, 7, 8, 9, 10] }))).toEqual({ ...GOOD, altered: 1 });
    const stored = HISTORY.map((message) => (message.seq === 4 ? { ...message, senderId: 'a' } : message));
    expect(judge(play({}), stored).altered).toBeGreaterThan(0);
    const neverSent = HISTORY.filter(({ seq }) => seq !== 4);
    expect(judge(play({}, neverSent))).toEqual({ ...GOOD, altered: 1 });
  });

  it("finds a gap in the numbers, and one sender's lines stored the wrong way round", () => {
    const gap = HISTORY.map((message) => (message.seq === 10 ? { ...message, seq: 11 } : message));
    expect(judge(play({}), gap).reordered).toBeGreaterThan(0);
    const clock = jest.spyOn(performance, 'now');
    let now = 100;
    clock.mockImplementation(() => now--);
    const ledger = play({});
    clock.mockRestore();
    expect(judge(ledger)).toEqual({ ...GOOD, reordered: 2 });
  });

  it('judges a direct conversation, which begins without an entry', () => {
    const history = [text(1, 'a'), text(2, 'b')];
    const ledger = new Ledger();
    for (const { id, senderId, text: sent } of history) ledger.send(id, senderId, sent ?? '', []);
    ledger.replied('a', text(1, 'a'));
    ledger.pushed('b', text(1, 'a'));
    ledger.replied('b', text(2, 'b'));
    const conversation: Judged = { kind: 'direct', conversationId: 'c', memberIds: ['a', 'b'], history };
    expect(ledger.judge(conversation)).toEqual({ ...CLEAN, stored: 2, expected: 4, received: 3, lost: 1 });
  });
});

describe('countUnstored', () => {
  it('counts what was acknowledged and is nowhere in the database', () => {
    const { sendings } = play({});
    expect(countUnstored(sendings, new Set(HISTORY.map(({ id }) => id)))).toBe(0);
    expect(countUnstored(sendings, new Set(['m3']))).toBe(4);
    const unanswered = new Ledger();
    unanswered.send('m1', 'a', '', []);
    expect(countUnstored(unanswered.sendings, new Set())).toBe(0);
  });
});

describe('Ledger', () => {
  it('times the way to others apart from the way to the reply', () => {
    const ledger = play({});
    expect(ledger.toReply.count).toBe(5);
    expect(ledger.toPush.count).toBe(
      EXPECTED -
        5 -
        Object.values(RIGHT)
          .flat()
          .filter((seq) => at(seq).kind === 'system').length,
    );
  });
});
