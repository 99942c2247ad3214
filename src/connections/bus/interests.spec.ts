import { bitOf, InterestField, Interests } from './interests';

/** Two channels with one bit. */
function colliding(): [string, string] {
  const seen = new Map<number, string>();
  for (let i = 0; ; i++) {
    const channel = `u:${i}`;
    const other = seen.get(bitOf(channel));
    if (other) return [other, channel];
    seen.set(bitOf(channel), channel);
  }
}

describe('Interests', () => {
  it('keeps a bit for as long as one channel is behind it', () => {
    const [interests, field] = [new Interests(), new InterestField()];
    const [a, b] = colliding();
    expect([interests.add(a), interests.add(a), interests.add(b)]).toEqual([true, false, true]);
    field.apply(interests.takeChanges());
    expect(field.has(bitOf(a))).toBe(true);
    interests.remove(a);
    expect(interests.takeChanges()).toEqual([]);
    interests.remove(b);
    interests.remove(b);
    field.apply(interests.takeChanges());
    expect(field.has(bitOf(b))).toBe(false);
  });

  it('tells the same as a whole as by its changes', () => {
    const [interests, whole, changed] = [new Interests(), new InterestField(), new InterestField()];
    const channels = Array.from({ length: 1_000 }, (_, i) => `u:${i}`);
    for (const [i, channel] of channels.entries()) {
      interests.add(channel);
      if (i % 3 === 0) interests.remove(channels[i >> 1]!);
      if (i % 10 === 0) changed.apply(interests.takeChanges());
    }
    changed.apply(interests.takeChanges());
    whole.apply(interests.all());
    const has = (field: InterestField) => channels.map((channel) => field.has(bitOf(channel)));
    expect(has(changed)).toEqual(has(whole));
    expect(new Set(has(whole)).size).toBe(2);
  });
});
