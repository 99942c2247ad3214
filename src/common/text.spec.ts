import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { IsName, isReactionKind, isStorableJson, isStorableText } from './text';

describe('isStorableText', () => {
  it('takes all of Unicode but U+0000 and lone surrogates', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(isStorableText(text)).toBe(!text.includes('\u0000'));
      }),
    );
    for (const text of ['\u0000', 'a\u0000', '\ud800', 'x\udfff', '\udc00\ud800']) {
      expect(isStorableText(text)).toBe(false);
    }
  });
});

describe('isStorableJson', () => {
  it('looks into keys, values and lists', () => {
    expect(isStorableJson({ a: [1, null, { b: 'c' }], d: true })).toBe(true);
    expect(isStorableJson({ a: [{ b: '\u0000' }] })).toBe(false);
    expect(isStorableJson({ '\ud800': 1 })).toBe(false);
  });

  it('refuses what JSON has no word for', () => {
    for (const value of [NaN, Infinity, new Date(0), new Uint8Array(2), new Map()]) {
      expect(isStorableJson({ a: [value] })).toBe(false);
      expect(isStorableJson(value)).toBe(false);
    }
  });

  it('ends at a depth', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(isStorableJson(nested(16))).toBe(true);
    expect(isStorableJson(nested(17))).toBe(false);
    expect(isStorableJson(nested(5_000))).toBe(false);
  });
});

describe('isReactionKind', () => {
  it('takes any emoji, and short words', () => {
    for (const text of ['👍', '👨‍👩‍👧‍👦', '🏳️‍🌈', ':+1:', 'ok']) expect(isReactionKind(text)).toBe(true);
  });

  it('takes nothing that cannot be seen, stored or kept short', () => {
    for (const text of ['', ' ', 'a\nb', '\u0000', '\ud800', 'x'.repeat(65), '👍'.repeat(17), 1, null]) {
      expect(isReactionKind(text)).toBe(false);
    }
  });
});

describe('IsName', () => {
  class Named {
    @IsName(8)
    name!: string;
  }
  const isName = (name: string) => validateSync(Object.assign(new Named(), { name })).length === 0;

  it('takes what people are called', () => {
    for (const name of ['李雷', 'محمد', 'Zoe\u0308', '👨‍👩‍👧‍👦', 'می‌خواهم']) expect(isName(name)).toBe(true);
  });

  it('takes nothing that cannot be seen, ends a line, or turns the text around it', () => {
    for (const name of [
      '',
      '\u200b',
      '\u3164',
      '\u2800',
      '\u00a0 ',
      'a\nb',
      'a\u2029b',
      'a\u202eb',
      'a\u2066b',
    ]) {
      expect(isName(name)).toBe(false);
    }
  });
});
