import { LIMITS, type Reaction } from '@parley/protocol';
import { hasRoomFor, withKind } from './reaction-summary';

const kind = (emoji: string, count = 1): Reaction => ({ emoji, count, userIds: ['ann'] });

describe('withKind', () => {
  it('puts a new kind last, and leaves one that is there in its place', () => {
    expect(withKind([], kind('👍'))).toEqual([kind('👍')]);
    expect(withKind([kind('👍'), kind('🎉')], kind('👍', 2))).toEqual([kind('👍', 2), kind('🎉')]);
    expect(withKind([kind('👍')], kind('🎉'))).toEqual([kind('👍'), kind('🎉')]);
  });

  it('drops a kind that nobody has left', () => {
    expect(withKind([kind('👍'), kind('🎉')], kind('👍', 0))).toEqual([kind('🎉')]);
    expect(withKind([], kind('👍', 0))).toEqual([]);
  });
});

describe('hasRoomFor', () => {
  it('is full with so many kinds, but for those that are there', () => {
    const full = Array.from({ length: LIMITS.reactionKinds }, (_, i) => kind(`k${i}`));
    expect(hasRoomFor(full, 'another')).toBe(false);
    expect(hasRoomFor(full, 'k3')).toBe(true);
    expect(hasRoomFor(full.slice(1), 'another')).toBe(true);
  });
});
