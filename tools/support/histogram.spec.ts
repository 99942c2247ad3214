import { Histogram } from './histogram';

describe('Histogram', () => {
  it('knows quantiles to 3 %', () => {
    const histogram = new Histogram();
    for (let value = 1; value <= 10_000; value++) histogram.add(value / 10);
    for (const share of [0.01, 0.5, 0.95, 0.99, 1]) {
      const exact = share * 1_000;
      expect(histogram.quantile(share)).toBeGreaterThanOrEqual(exact);
      expect(histogram.quantile(share)).toBeLessThan(exact * 1.03);
    }
  });

  it('knows the mean and the greatest as they are', () => {
    const histogram = new Histogram();
    expect(histogram).toMatchObject({ mean: 0, max: 0 });
    for (const value of [1, 2, 1_000.5]) histogram.add(value);
    expect(histogram.mean).toBeCloseTo(334.5);
    expect(histogram.max).toBe(1_000.5);
    expect(histogram.quantile(1)).toBe(1_000.5);
  });

  it('takes what is too short to measure, and knows when it knows nothing', () => {
    const histogram = new Histogram();
    expect(histogram.quantile(0.5)).toBe(0);
    histogram.add(0);
    expect(histogram.quantile(0.5)).toBeLessThan(0.002);
  });
});
