import { requestHash } from './request-hash';

describe('requestHash', () => {
  const hash = (...parts: unknown[]) => requestHash(...parts);

  it('is the same whatever the order of keys, at any depth', () => {
    expect(hash({ a: 1, b: { c: [1, { d: 2, e: 3 }] } })).toBe(hash({ b: { c: [1, { e: 3, d: 2 }] }, a: 1 }));
  });

  it('is another for another request', () => {
    const hashes = [
      hash('a', 'b'),
      hash('ab'),
      hash(['a', 'b']),
      hash({ a: 'b' }),
      hash('b', 'a'),
      hash('a', null),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hash({ a: [1, 2] })).not.toBe(hash({ a: [2, 1] }));
  });
});
