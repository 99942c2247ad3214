import { LIMITS, type Message, type Quote } from '@parley/protocol';
import { asSeenFrom, toQuote } from './quotes';

const original = {
  ...{ conversationId: 'c', id: 'o', seq: 3, version: 7, senderId: 'ann', kind: 'text' },
  ...{ text: 'hello', deletedAt: null },
};

describe('toQuote', () => {
  it('shows the first characters, and cuts none in two', () => {
    expect(toQuote({ ...original, text: '👋'.repeat(300) }).text).toBe('👋'.repeat(LIMITS.quoteLength));
    const mixed = `a${'👋'.repeat(300)}`;
    expect(toQuote({ ...original, text: mixed }).text).toBe(`a${'👋'.repeat(LIMITS.quoteLength - 1)}`);
    expect(toQuote(original).text).toBe('hello');
  });

  it('says when there is nothing left to show', () => {
    expect(toQuote({ ...original, text: null, deletedAt: new Date() })).toEqual({
      ...{ id: 'o', seq: 3, version: 7, senderId: 'ann', kind: 'text', text: null, deleted: true },
    });
  });
});

describe('asSeenFrom', () => {
  const reply = { id: 'r', seq: 5, quote: { seq: 3 } as Quote } as Message;

  it('takes the quote from who joined after the original', () => {
    expect(asSeenFrom(reply, 2)).toBe(reply);
    expect(asSeenFrom(reply, 3)).toEqual({ ...reply, quote: null });
    expect(asSeenFrom({ ...reply, quote: null }, 3).quote).toBeNull();
  });
});
