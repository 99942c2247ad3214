import type { Message, Reaction } from '@parley/protocol';
import { hasReacted, withKnownReactions } from './own-reactions';

const FIRST_TEN = Array.from({ length: 10 }, (_, at) => `user ${at}`);
const of = (reaction: Partial<Reaction>) =>
  ({ reactions: [{ emoji: '👍', count: 12, userIds: FIRST_TEN, ...reaction }] }) as Message;
const merged = (newer: Partial<Reaction>, older: Partial<Reaction>) =>
  withKnownReactions(of(newer), of(older)).reactions[0]!;

describe('own reactions', () => {
  it('hold when a push does not tell', () => {
    expect(merged({ count: 13 }, { mine: true }).mine).toBe(true);
    expect(merged({ count: 13 }, { mine: false }).mine).toBe(false);
    expect(merged({ count: 13 }, {}).mine).toBeUndefined();
  });

  it('are as the newer state tells', () => {
    expect(merged({ mine: false }, { mine: true }).mine).toBe(false);
    expect(merged({ mine: true }, { mine: false }).mine).toBe(true);
  });

  it('are told by the users where all are named', () => {
    const few = merged({ count: 2, userIds: ['user 1', 'me'] }, { mine: false });
    expect(few).not.toHaveProperty('mine');
    expect(hasReacted(few, 'me')).toBe(true);
    expect(hasReacted(few, 'you')).toBe(false);
    expect(hasReacted(merged({}, { mine: true }), 'me')).toBe(true);
    expect(merged({ emoji: '🎉' }, { mine: true })).not.toHaveProperty('mine');
  });

  it('leave a message the same that nothing is added to', () => {
    const message = of({ mine: true });
    expect(withKnownReactions(message, of({ mine: false }))).toBe(message);
  });
});
