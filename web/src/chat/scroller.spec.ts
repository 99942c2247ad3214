import type { MessageList } from '@parley/client';
import type { Message } from '@parley/protocol';
import { Rows } from './rows';
import { Scroller } from './scroller';

const SCREEN = 480;

/** Messages with these seqs; only what a list needs of them. */
function rows(from: number, to: number): Rows {
  const messages = Array.from({ length: to - from + 1 }, (_, at) => ({
    id: `m${from + at}`,
    seq: from + at,
  }));
  const list: Partial<MessageList> = { messages: messages as Message[], pending: [] };
  return new Rows(list as MessageList);
}

describe('Scroller', () => {
  it('begins at the end, and stays there when something is written', () => {
    const scroller = new Scroller();
    scroller.setRows(rows(1, 100));
    expect(scroller.topFor(SCREEN)).toBe(100 * 48 - SCREEN);
    scroller.setRows(rows(1, 101));
    expect(scroller.topFor(SCREEN)).toBe(101 * 48 - SCREEN);
    expect(scroller.isAtEnd).toBe(true);
  });

  it('lets one scroll up a little, and shows what is new all the same', () => {
    const scroller = new Scroller();
    scroller.setRows(rows(1, 100));
    scroller.scrolled(100 * 48 - SCREEN - 30, SCREEN);
    expect(scroller.topFor(SCREEN)).toBe(100 * 48 - SCREEN - 30);
    scroller.setRows(rows(1, 101));
    expect(scroller.topFor(SCREEN)).toBe(101 * 48 - SCREEN);
  });

  it('keeps what is at the upper edge there when older messages come above it', () => {
    const scroller = new Scroller();
    scroller.setRows(rows(101, 200));
    scroller.scrolled(10, SCREEN);
    scroller.setRows(rows(51, 200));
    expect(scroller.topFor(SCREEN)).toBe(50 * 48 + 10);
    expect(scroller.isAtEnd).toBe(false);
  });

  it('keeps it there when rows above turn out to be higher', () => {
    const scroller = new Scroller();
    scroller.setRows(rows(1, 100));
    scroller.scrolled(48 * 20 + 5, SCREEN);
    scroller.heights.measure([[18, 148]]);
    expect(scroller.topFor(SCREEN)).toBe(48 * 20 + 5 + 100);
  });

  it('draws what is on the screen and some around it', () => {
    const scroller = new Scroller();
    scroller.setRows(rows(1, 50_000));
    scroller.toRow('m25000', 25_000, 0);
    const { from, to } = scroller.range(SCREEN);
    expect(from).toBeLessThan(24_999);
    expect(to).toBeGreaterThan(24_999 + 10);
    expect(to - from).toBeLessThan(45);
  });

  it('has the end when the row that it held has gone', () => {
    const scroller = new Scroller();
    scroller.setRows(rows(1, 100));
    scroller.toRow('m50', 50, 0);
    scroller.setRows(rows(61, 100));
    expect(scroller.topFor(SCREEN)).toBe(40 * 48 - SCREEN);
  });

  it('draws nothing of nothing', () => {
    const scroller = new Scroller();
    scroller.setRows(rows(1, 0));
    expect(scroller.range(SCREEN)).toEqual({ from: 0, to: 0 });
  });
});
