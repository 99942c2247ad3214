import { InvalidatedCache } from './invalidated-cache';

/** A cache over reads that the test answers one by one. */
function pending() {
  const reads: { key: string; answer: (value: string) => void; fail: (error: Error) => void }[] = [];
  const cache = new InvalidatedCache<string>(
    { maxWeight: 3, weight: (value) => value.length },
    (key) => new Promise((answer, fail) => reads.push({ key, answer, fail })),
  );
  return { cache, reads };
}

describe('InvalidatedCache', () => {
  it('reads once for many who ask, and keeps the answer', async () => {
    const { cache, reads } = pending();
    const asked = [cache.get('k'), cache.get('k')];
    reads[0]?.answer('a');
    expect(await Promise.all(asked)).toEqual(['a', 'a']);
    expect(await cache.get('k')).toBe('a');
    expect(reads).toHaveLength(1);
    expect(cache.get('k')).toBe(cache.get('k'));
  });

  it('reads again after an invalidation', async () => {
    const { cache, reads } = pending();
    const first = cache.get('k');
    reads[0]?.answer('a');
    await first;
    cache.invalidate('k');
    const second = cache.get('k');
    reads[1]?.answer('b');
    expect(await second).toBe('b');
  });

  it('answers nobody with what was read before an invalidation', async () => {
    const { cache, reads } = pending();
    const early = cache.get('k');
    cache.invalidate('k');
    const late = cache.get('k');
    reads[0]?.answer('old');
    reads[1]?.answer('new');
    expect(await Promise.all([early, late])).toEqual(['new', 'new']);
    expect(await cache.get('k')).toBe('new');
    expect(reads).toHaveLength(2);
  });

  it('keeps no failure', async () => {
    const { cache, reads } = pending();
    const failed = cache.get('k');
    reads[0]?.fail(new Error('away'));
    await expect(failed).rejects.toThrow('away');
    const again = cache.get('k');
    reads[1]?.answer('a');
    expect(await again).toBe('a');
  });

  it('is bounded by weight', async () => {
    const { cache, reads } = pending();
    for (const key of ['a', 'b', 'c', 'd']) {
      const got = cache.get(key);
      reads.at(-1)?.answer('x');
      await got;
    }
    void cache.get('a');
    expect(reads.map((read) => read.key)).toEqual(['a', 'b', 'c', 'd', 'a']);
  });
});
