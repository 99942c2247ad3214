import { PasswordHasher } from './password-hasher';

describe('PasswordHasher', () => {
  const hasher = new PasswordHasher();

  it('knows a password by its hash', async () => {
    const stored = await hasher.hash('пароль 🔑 long enough');
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await hasher.verify(stored, 'пароль 🔑 long enough')).toBe(true);
    expect(await hasher.verify(stored, 'пароль 🔑 long enougH')).toBe(false);
  });

  it('says no where there is no account', async () => {
    expect(await hasher.verify(null, 'anything')).toBe(false);
  });

  it('refuses a rush that is more than it can take', async () => {
    const rush = await Promise.allSettled(Array.from({ length: 230 }, () => hasher.verify(null, 'x')));
    const refused = rush.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every(({ reason }) => reason.code === 'overloaded')).toBe(true);
  });
});
