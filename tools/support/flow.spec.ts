import { Gate, Pace } from './flow';

describe('Gate', () => {
  it('lets so many in at once, and the next when one is done or has failed', async () => {
    const gate = new Gate(2);
    let inside = 0;
    let most = 0;
    const work = (index: number) =>
      gate.pass(async () => {
        most = Math.max(most, ++inside);
        await Promise.resolve();
        inside--;
        if (index === 1) throw new Error('one failed');
        return index;
      });
    const results = await Promise.allSettled([0, 1, 2, 3, 4].map(work));
    expect(most).toBe(2);
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, true, true]);
  });
});

describe('Pace', () => {
  afterEach(() => jest.useRealTimers());

  it('gives turns evenly, however many wait', async () => {
    jest.useFakeTimers({ now: 1_000 });
    const pace = new Pace(100);
    const times: number[] = [];
    for (let i = 0; i < 4; i++) void pace.turn().then(() => times.push(performance.now()));
    const begun = performance.now();
    await jest.advanceTimersByTimeAsync(100);
    expect(times.map((time) => time - begun)).toEqual([0, 10, 20, 30]);
  });

  it('does not wait when told to go as fast as it goes', async () => {
    const pace = new Pace(null);
    await Promise.all(Array.from({ length: 1_000 }, () => pace.turn()));
  });
});
