import { isOwnFault, nextSource } from './source';

describe('nextSource', () => {
  it('changes the address before its ports are used up, and comes back to it late', () => {
    const addresses = Array.from({ length: 2_600_000 }, nextSource);
    const runs = addresses.filter((address, i) => address !== addresses[i - 1]);

    expect(new Set(runs).size).toBe(254);
    expect(addresses.lastIndexOf(addresses[0] ?? '', 2_000_000)).toBe(9_999);
    expect(runs[0]).toMatch(/^127\.[1-9]\d*\.\d+\.1$/);
  });
});

describe('isOwnFault', () => {
  it.each([
    ['EADDRINUSE', true],
    ['EMFILE', true],
    ['ECONNREFUSED', false],
    [undefined, false],
  ])('%s: %s', (code, expected) => {
    expect(isOwnFault(Object.assign(new Error(), { code }))).toBe(expected);
  });
});
