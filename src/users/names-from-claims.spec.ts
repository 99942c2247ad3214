import fc from 'fast-check';
import { displayNameOf, usernamesFor } from './names-from-claims';

const ANN = { issuer: 'https://id.example.org', subject: '1' };

describe('usernamesFor', () => {
  it.each([
    ['ann', 'ann'],
    ['Ann.Lee', 'ann.lee'],
    ['ann.lee@example.org', 'ann.lee'],
    ['Zoë Müller', 'zoe-muller'],
    ['__ann', 'ann'],
    ['x'.repeat(40), 'x'.repeat(32)],
  ])('makes of %s first %s', (claim, name) => {
    expect(usernamesFor(claim, ANN)[0]).toBe(name);
  });

  it.each([null, '', 'al', '张三', '@', '\u0000'])(
    'makes one of the subject where %p is no name',
    (claim) => {
      expect(usernamesFor(claim, ANN)[0]).toMatch(/^user-[0-9a-f]{4}$/);
    },
  );

  it('gives different people of one name different suffixes, and one person always the same', () => {
    const other = { ...ANN, subject: '2' };
    expect(usernamesFor('ann', ANN)).toEqual(usernamesFor('ann', { ...ANN }));
    expect(usernamesFor('ann', ANN).slice(1)).not.toEqual(usernamesFor('ann', other).slice(1));
  });

  it('makes what may be a user name of any claim', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (claim) => {
        for (const name of usernamesFor(claim, ANN)) expect(name).toMatch(/^[a-z0-9][a-z0-9._-]{2,31}$/);
      }),
    );
  });
});

describe('displayNameOf', () => {
  it('leaves what people can read', () => {
    expect(displayNameOf(' Ann\u0000\n Lee ')).toBe('Ann  Lee');
    expect([...displayNameOf('😀'.repeat(80))!]).toHaveLength(64);
    expect(displayNameOf('\ud800a')).toBe('\ufffda');
    expect(displayNameOf(' \t')).toBeNull();
    expect(displayNameOf(null)).toBeNull();
  });
});
