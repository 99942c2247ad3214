import { whoAccepts } from './spread';

const accepting = (...sockets: number[]) => sockets.map((count) => ({ sockets: count, accepting: true }));

describe('whoAccepts', () => {
  it('leaves workers alone that differ little', () => {
    expect(whoAccepts(accepting(0, 0))).toEqual([true, true]);
    expect(whoAccepts(accepting(50, 0))).toEqual([true, true]);
    expect(whoAccepts(accepting(7_500, 7_000, 8_000))).toEqual([true, true, false]);
  });

  it('gives new sockets to a worker that was started anew', () => {
    expect(whoAccepts(accepting(7_500, 0, 7_500))).toEqual([false, true, false]);
  });

  it('lets a worker take part again when the others have nearly caught up, or are gone', () => {
    const paused = (sockets: number) => ({ sockets, accepting: false });
    expect(whoAccepts([paused(1_000), ...accepting(940)])).toEqual([false, true]);
    expect(whoAccepts([paused(1_000), ...accepting(960)])).toEqual([true, true]);
    expect(whoAccepts([paused(1_000)])).toEqual([true]);
  });
});
