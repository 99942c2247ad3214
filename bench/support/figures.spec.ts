import { Histogram } from '../../tools/support/histogram';
import { Figures, median } from './figures';

describe('median', () => {
  it('is the middle one, whatever the order', () => {
    expect(median([3, 1, 100])).toBe(3);
    expect(median([10, 9, 8, 7])).toBe(8);
    expect(median([])).toBeNaN();
  });
});

describe('Figures', () => {
  it('keeps the median of the rounds of each size', () => {
    const figures = new Figures(2);
    for (const value of [5, 1, 3]) figures.add('send', 'ms', 0, value);
    figures.add('send', 'ms', 1, 7);
    expect(figures.all()).toEqual([{ name: 'send', unit: 'ms', values: [3, 7] }]);
  });

  it('keeps the worst of what must not be', () => {
    const figures = new Figures(2);
    for (const value of [0, 2, 0]) figures.addWorst('lost', '', 0, value);
    expect(figures.all()).toEqual([{ name: 'lost', unit: '', values: [2, NaN] }]);
  });

  it('takes a cost apart', () => {
    const figures = new Figures(1);
    const latency = new Histogram();
    latency.add(4);
    figures.addCost('sync', 0, { latency, serverCpu: 10, databaseCpu: 20, wal: 0 }, [0.5, 0.99]);
    expect(figures.all().map(({ name }) => name)).toEqual([
      'sync p50',
      'sync p99',
      'sync server CPU',
      'sync database CPU',
    ]);
  });
});
