import { RowHeights } from './row-heights';

const rows = (count: number, first = 0) => {
  const heights = new RowHeights();
  heights.setRows(count, (at) => `row ${first + at}`);
  return heights;
};

describe('RowHeights', () => {
  it('takes rows that nobody has seen for high as a line', () => {
    const heights = rows(10);
    expect(heights.total).toBe(480);
    expect(heights.offsetOf(3)).toBe(144);
    expect([-5, 0, 47, 48, 479, 10_000].map((y) => heights.rowAt(y))).toEqual([0, 0, 0, 1, 9, 9]);
  });

  it('tells whether what was measured changes anything', () => {
    const heights = rows(3);
    expect(heights.measure([[1, 100]])).toBe(true);
    expect(heights.measure([[1, 100]])).toBe(false);
    expect(heights.measure([[7, 100]])).toBe(false);
    expect([0, 1, 2, 3].map((at) => heights.offsetOf(at))).toEqual([0, 48, 148, 196]);
    expect(heights.rowAt(147)).toBe(1);
  });

  it('knows measured rows again when others come before them', () => {
    const heights = rows(2, 100);
    heights.measure([
      [0, 30],
      [1, 70],
    ]);
    heights.setRows(102, (at) => `row ${at}`);
    expect(heights.offsetOf(101) - heights.offsetOf(100)).toBe(30);
    expect(heights.total).toBe(100 * 48 + 100);
  });

  it('has nothing to show of no rows', () => {
    const heights = rows(0);
    expect([heights.total, heights.rowAt(5), heights.offsetOf(3)]).toEqual([0, 0, 0]);
  });
});
