import { isSafeJson } from './json';

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

describe('isSafeJson', () => {
  it('takes what requests are made of', () => {
    expect(isSafeJson({ id: 'x', list: [1, { toString: 'x', then: null }], bytes: new Uint8Array(3) })).toBe(
      true,
    );
    expect(isSafeJson(null)).toBe(true);
    expect(isSafeJson('text')).toBe(true);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses %s, which would be lost', (key) => {
    expect(isSafeJson(JSON.parse(`{"a": [{"${key}": null}]}`))).toBe(false);
  });

  it('ends at a depth', () => {
    expect(isSafeJson(nested(32))).toBe(true);
    expect(isSafeJson(nested(33))).toBe(false);
    expect(isSafeJson(nested(60_000))).toBe(false);
  });
});
