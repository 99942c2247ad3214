import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { RefreshTokens } from './refresh-tokens';

const SESSION = '0193b6a0-0000-7000-8000-000000000001';
const OTHER = '0193b6a0-0000-7000-8000-000000000002';
const make = (secret = 'a secret of at least thirty-two bytes') =>
  new RefreshTokens(createSecretKey(Buffer.from(secret)));

describe('RefreshTokens', () => {
  const tokens = make();

  it('knows its own, and their session', () => {
    const token = tokens.first(SESSION);
    expect(tokens.sessionOf(token)).toBe(SESSION);
    expect(tokens.sessionOf(tokens.successor(SESSION, token))).toBe(SESSION);
    expect(tokens.first(SESSION)).not.toBe(token);
    expect(make().sessionOf(token)).toBe(SESSION);
  });

  it('yields the same successor again, and another one for another token', () => {
    const token = tokens.first(SESSION);
    const next = tokens.successor(SESSION, token);
    expect(tokens.successor(SESSION, token)).toBe(next);
    expect(tokens.successor(SESSION, next)).not.toBe(next);
    expect(make('another secret of thirty-two bytes').successor(SESSION, token)).not.toBe(next);
  });

  it('refuses what was made elsewhere or changed', () => {
    const token = tokens.first(SESSION);
    const [, secret, tag] = token.split('.');
    expect(make('another secret of thirty-two bytes').sessionOf(token)).toBeNull();
    expect(tokens.sessionOf(`${OTHER}.${secret}.${tag}`)).toBeNull();
    expect(tokens.sessionOf(`${token}.`)).toBeNull();
    expect(tokens.sessionOf(`${SESSION}.${secret}`)).toBeNull();
    expect(tokens.sessionOf(`${SESSION}.${tag}.${secret}`)).toBeNull();
    expect(tokens.sessionOf(token.toUpperCase())).toBeNull();
  });

  it('refuses any other text without throwing', () => {
    fc.assert(fc.property(fc.string(), (text) => expect(tokens.sessionOf(text)).toBeNull()));
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(tokens.sessionOf(`${SESSION}.${a}.${b}`)).toBeNull();
      }),
    );
  });

  it('stores a hash', () => {
    expect(tokens.hash('x')).toHaveLength(32);
  });
});
