import { WriteQueue } from './write-queue';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('WriteQueue', () => {
  it('writes at the end of the turn, in the order in which they came', async () => {
    const queue = new WriteQueue();
    const written: number[] = [];
    for (const i of [1, 2, 3]) queue.add({ flush: () => written.push(i) });
    expect(written).toEqual([]);
    await nextTurn();
    expect(written).toEqual([1, 2, 3]);
  });

  it('lets others run between slices, and takes in who comes meanwhile', async () => {
    const queue = new WriteQueue();
    let written = 0;
    const busy = () => {
      const end = performance.now() + 1;
      while (performance.now() < end);
      written++;
    };
    for (let i = 0; i < 100; i++) queue.add({ flush: busy });
    await nextTurn();
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(100);
    queue.add({ flush: busy });
    while (written < 101) await nextTurn();
    await nextTurn();
    expect(written).toBe(101);
  });
});
