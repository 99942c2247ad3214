import { table } from './table';

describe('table', () => {
  it('shows each value with its ratio to the smallest size', () => {
    const figures = [
      { name: 'send p50', unit: 'ms', values: [2, 2.5, 1_234.5] },
      { name: 'WAL', unit: 'B', values: [0, 812, NaN] },
      { name: 'vacuums', unit: '', values: [NaN, 3, 0] },
    ];
    const sizes = ['0', '100,000', '1 million'];
    expect(table({ of: 'history', sizes, figures })).toEqual([
      'history          0     100,000      1 million',
      'send p50  ms  2.00  2.50 ×1.25  1,235 ×617.25',
      'WAL       B      0         812              -',
      'vacuums          -        3.00              0',
    ]);
  });

  it('shows values alone where there is nothing to compare', () => {
    const figures = [{ name: 'send p50', unit: 'ms', values: [2, 25, NaN] }];
    expect(table({ of: '', sizes: ['a', 'b', 'c'], figures, unlike: true })[1]).toBe(
      'send p50  ms  2.00  25.0  -',
    );
  });
});
