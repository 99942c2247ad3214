import { createSecretKey } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { Clock } from '../common/clock';
import { TokenService } from './token.service';

const KEY = createSecretKey(Buffer.from('a secret of at least thirty-two bytes'));
const WHO = { userId: 'u1', sessionId: 's1' };
const NOW = 1_800_000_000_500;

class FakeClock extends Clock {
  time = NOW;
  now() {
    return this.time;
  }
}

/** A token that is good but for what a test changes in it. */
function forge({
  typ = 'at+jwt',
  iss = 'parley',
  aud = 'parley',
  alg = 'HS256',
  key = KEY,
  nbf = NOW / 1_000,
} = {}) {
  return new SignJWT({ sid: 's1' })
    .setNotBefore(Math.floor(nbf))
    .setProtectedHeader({ alg, typ })
    .setSubject('u1')
    .setIssuer(iss)
    .setAudience(aud)
    .setExpirationTime(NOW / 1_000 + 60)
    .sign(key);
}

describe('TokenService', () => {
  const clock = new FakeClock();
  const tokens = new TokenService(KEY, { accessTokenSeconds: 900 }, clock);
  beforeEach(() => (clock.time = NOW));

  it('reads what it made', async () => {
    const { accessToken, expiresIn } = await tokens.mint(WHO);
    expect(expiresIn).toBe(900);
    expect(await tokens.verify(accessToken)).toEqual({ ...WHO, expiresAt: 1_800_000_900_000 });
    expect(JSON.parse(Buffer.from(accessToken.split('.')[0] ?? '', 'base64url').toString())).toEqual({
      alg: 'HS256',
      typ: 'at+jwt',
    });
  });

  it('tells a token that has expired', async () => {
    const { accessToken } = await tokens.mint(WHO);
    clock.time += 899_000;
    await expect(tokens.verify(accessToken)).resolves.toMatchObject(WHO);
    clock.time += 2_000;
    await expect(tokens.verify(accessToken)).rejects.toMatchObject({ code: 'token_expired' });
  });

  it('takes a token that is whole but for the test', async () => {
    await expect(tokens.verify(await forge())).resolves.toMatchObject(WHO);
  });

  it.each([
    ['no token', async () => 'garbage'],
    ['nothing', async () => ''],
    ['another key', () => forge({ key: createSecretKey(Buffer.alloc(32, 7)) })],
    ['another algorithm', () => forge({ alg: 'HS512', key: createSecretKey(Buffer.alloc(64, 7)) })],
    ['a time to come', async () => forge({ nbf: NOW / 1_000 + 1 })],
    ['another kind', () => forge({ typ: 'JWT' })],
    ['another issuer', () => forge({ iss: 'else' })],
    ['another audience', () => forge({ aud: 'else' })],
    ['no signature', async () => new UnsecuredJWT({ sid: 's1' }).setSubject('u1').encode()],
    ['a changed payload', async () => (await forge()).replace(/\.e/, '.f')],
  ])('refuses %s', async (_, make) => {
    await expect(tokens.verify(await make())).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});
