import { Rooms } from './rooms';
import { Tally } from './tally';

const pair = new Rooms(['a', 'a', 'b', 'b']);

describe('Rooms', () => {
  it('lets the first of each room write, then the second', () => {
    expect(pair.writers).toEqual([0, 2, 1, 3]);
    expect([0, 1, 2, 3, 4].map((n) => pair.writerOf(n))).toEqual([0, 2, 1, 3, 0]);
    expect([0, 1, 2, 3].map((n) => pair.slotOfMessage(n))).toEqual([0, 0, 1, 1]);
  });

  it('knows how many get a message', () => {
    const rooms = new Rooms(['a', 'b', 'a', 'a'], 2);
    expect(rooms.writers).toEqual([0, 1, 2]);
    expect([0, 1, 2].map((n) => rooms.recipientsOf(n))).toEqual([2, 0, 2]);
    expect(rooms.slots).toBe(2);
  });
});

describe('Tally', () => {
  const tally = () => {
    const made = new Tally(pair, 12, 4);
    for (let n = 0; n < 12; n++) made.send(n);
    return made;
  };

  it('is settled when everything has come', () => {
    const made = tally();
    for (let n = 0; n < 12; n++) {
      expect(made.settled).toBe(false);
      expect(made.answer(n, true)).toBe(true);
      made.deliver(n, pair.writerOf(n) ^ 1);
    }
    expect(made.settled).toBe(true);
    expect(made.losses()).toEqual({ lost: 0, duplicated: 0 });
    expect(made).toMatchObject({ sent: 12, answered: 12, delivered: 12, reordered: 0, unanswered: 0 });
  });

  it('counts as lost what was acknowledged and did not come', () => {
    const made = tally();
    made.answer(0, true);
    made.answer(1, false);
    expect(made.losses()).toEqual({ lost: 1, duplicated: 0 });
    expect(made).toMatchObject({ refused: 1, unanswered: 10 });
    expect(made.answer(0, true)).toBe(false);
  });

  it('tells what came twice from what came late', () => {
    const made = tally();
    for (const n of [4, 4, 0]) made.deliver(n, 1);
    expect(made.reordered).toBe(1);
    expect(made.losses().duplicated).toBe(1);
    // Of another writer: no order is promised between them.
    made.deliver(2, 0);
    expect(made.reordered).toBe(1);
  });

  it('holds a room to the numbers that its server gives', () => {
    const made = tally();
    made.deliver(0, 1, 1);
    made.deliver(4, 1, 3);
    expect(made.reordered).toBe(0);
    // Another writer's, or the same one's: the number is too small.
    made.deliver(8, 1, 2);
    expect(made.reordered).toBe(1);
  });

  it('finds what came twice, the second time late', () => {
    const made = tally();
    for (const n of [0, 4, 0]) made.deliver(n, 1);
    expect(made.reordered).toBe(1);
    expect(made.losses().duplicated).toBe(1);
  });
});
