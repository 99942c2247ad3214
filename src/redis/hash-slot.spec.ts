import { hashSlot } from './hash-slot';

describe('hashSlot', () => {
  it.each([
    ['123456789', 12_739],
    ['foo', 12_182],
    ['{foo}.bar', 12_182],
    ['a{foo}{bar}', 12_182],
    ['{user1000}.following', hashSlot('user1000')],
  ])('finds %s where Redis does', (key, slot) => expect(hashSlot(key)).toBe(slot));

  it('takes the whole key where braces hold nothing', () => {
    expect(hashSlot('{}foo')).not.toBe(hashSlot('foo'));
    expect(hashSlot('{foo')).not.toBe(hashSlot('foo'));
  });
});
