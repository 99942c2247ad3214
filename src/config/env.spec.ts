import { readFileSync } from 'node:fs';
import { EnvError, readEnv } from './env';

const SECRET = 'q8Zt2mXw7Lr4Vb9Nc1Kd6Hs3Fg5Jp0Ye';

describe('readEnv', () => {
  it('needs nothing in development', () => {
    expect(readEnv({})).toMatchObject({
      production: false,
      port: 3000,
      databaseUrl: null,
      redisUrls: [],
      tls: null,
    });
  });

  it('takes a variable that is set to nothing for one that is not set', () => {
    expect(readEnv({ PORT: '', DATABASE_URL: ' ' })).toMatchObject({ port: 3000, databaseUrl: null });
  });

  it.each([
    ['PORT', '65536', 'whole number from 0 to 65535'],
    ['PORT', '3e3', 'whole number'],
    ['PORT', '-1', 'whole number'],
    ['ACCESS_TOKEN_TTL', '1', 'from 5'],
    ['WS_DEFLATE', 'maybe', '1 or 0'],
    ['LOG_LEVEL', 'loud', 'one of silent'],
    ['OIDC_ISSUER', 'id.example.org', 'https://'],
    ['OIDC_ALGORITHMS', 'RS256,HS256', 'may name RS256'],
    ['OIDC_ALGORITHMS', 'none', 'may name RS256'],
    ['OIDC_LEEWAY', '301', 'from 0 to 300'],
    ['PASSWORDS', '0', 'nobody could log in'],
    ['NODE_ENV', 'prod', 'one of development, test, production'],
    ['DATABASE_URL', 'mysql://localhost/x', 'postgres://'],
    ['REDIS_URL', 'localhost:6379', 'redis://'],
    ['WORKERS', 'many', 'auto, or a whole number from 1'],
    ['WORKERS', '0', 'auto, or a whole number from 1'],
    ['WORKERS', '2', 'REDIS_URL is empty.*set REDIS_URL, or WORKERS to 1'],
    ['REDIS_URL', 'redis://a:1,b:2', 'redis://'],
    ['REDIS_URL', 'redis://a:1,', 'not a URL'],
    ['PUBLIC_URL', 'chat.example.com', 'http://'],
    ['ALLOWED_ORIGINS', '*', 'as browsers write it'],
    ['ALLOWED_ORIGINS', 'null', 'as browsers write it'],
    ['ALLOWED_ORIGINS', 'https://a.example/', 'as browsers write it'],
    ['ALLOWED_ORIGINS', 'https://A.example', 'as browsers write it'],
    ['ALLOWED_ORIGINS', 'https://a.example:443', 'as browsers write it'],
    ['ALLOWED_ORIGINS', 'https://*.a.example', 'as browsers write it'],
    ['ALLOWED_ORIGINS', 'https://a.example,', 'as browsers write it'],
    ['TLS_CERT', '/nowhere/cert.pem', 'no such file'],
    ['ALLOW_DATA_LOSS', 'fsync, everything', 'may name fsync'],
    ['JWT_SECRET', 'short', 'too weak'],
    ['JWT_SECRET', 'a'.repeat(64), 'too weak'],
  ])('refuses %s=%s in a sentence that names it', (name, value, reason) => {
    expect(() => readEnv({ [name]: value })).toThrow(EnvError);
    expect(() => readEnv({ [name]: value })).toThrow(new RegExp(`^${name} .*${reason}`));
  });

  it('takes several workers with Redis, and auto in any case', () => {
    const REDIS_URL = 'redis://localhost';
    expect(readEnv({ WORKERS: '4', REDIS_URL })).toMatchObject({ workers: 4 });
    expect(readEnv({ WORKERS: 'auto', REDIS_URL })).toMatchObject({ workers: 'auto' });
    expect(readEnv({ WORKERS: 'auto' })).toMatchObject({ workers: 'auto' });
    expect(readEnv({ WORKERS: '1' })).toMatchObject({ workers: 1 });
  });

  it('takes a list with commas', () => {
    const { allowDataLoss } = readEnv({ ALLOW_DATA_LOSS: 'fsync, synchronous_commit' });
    expect(allowDataLoss).toEqual(['fsync', 'synchronous_commit']);
  });

  describe('an outside issuer', () => {
    const OIDC_ISSUER = 'https://id.example.org/realms/x';
    const OIDC_AUDIENCE = 'chat, other';

    it('wants an audience', () => {
      expect(() => readEnv({ OIDC_ISSUER })).toThrow(/^OIDC_AUDIENCE is empty/);
      const { issuer } = readEnv({ OIDC_ISSUER, OIDC_AUDIENCE });
      expect(issuer).toMatchObject({ issuer: OIDC_ISSUER, audiences: ['chat', 'other'] });
      expect(issuer?.algorithms).toEqual(['RS256', 'ES256']);
    });

    it('takes the place of passwords, and of registering', () => {
      const elsewhere = readEnv({ OIDC_ISSUER, OIDC_AUDIENCE, PASSWORDS: '0' });
      expect(elsewhere).toMatchObject({ passwords: false, registration: false });
    });

    it('tells its keys over TLS in production, or on the same machine', () => {
      const production = {
        ...{ NODE_ENV: 'production', JWT_SECRET: SECRET, EMBEDDED_POSTGRES: '1', OIDC_AUDIENCE },
        ...{ OIDC_ISSUER: 'http://id.example.org' },
      };
      expect(() => readEnv(production)).toThrow(/^OIDC_JWKS_URL is no https/);
      for (const host of ['127.0.0.1:8080', 'localhost', '[::1]:80'])
        expect(readEnv({ ...production, OIDC_JWKS_URL: `http://${host}/keys` }).issuer).not.toBeNull();
      for (const host of ['127.0.0.1.example.org', 'localhost.example.org'])
        expect(() => readEnv({ ...production, OIDC_JWKS_URL: `http://${host}/` })).toThrow(EnvError);
    });
  });

  it('does not repeat a password in its complaint', () => {
    expect(() => readEnv({ DATABASE_URL: 'mysql://root:hunter2@db/x' })).toThrow(/^(?!.*hunter2)/);
  });

  it('wants both halves of TLS', () => {
    expect(() => readEnv({ TLS_CERT: __filename })).toThrow(/^TLS_KEY is missing/);
    expect(() => readEnv({ TLS_KEY: __filename })).toThrow(/^TLS_CERT is missing/);
  });

  describe('in production', () => {
    const production = { NODE_ENV: 'production', DATABASE_URL: 'postgres://db/parley' };

    it('wants a secret and a database', () => {
      expect(() => readEnv(production)).toThrow(/^JWT_SECRET is missing/);
      expect(() => readEnv({ NODE_ENV: 'production', JWT_SECRET: SECRET })).toThrow(/^DATABASE_URL is empty/);
      expect(readEnv({ ...production, JWT_SECRET: SECRET })).toMatchObject({
        production: true,
        jwtSecret: SECRET,
      });
    });

    it('runs the embedded database only when told to', () => {
      const env = { NODE_ENV: 'production', JWT_SECRET: SECRET, EMBEDDED_POSTGRES: '1' };
      expect(readEnv(env)).toMatchObject({ databaseUrl: null });
    });
  });
});

describe('.env.example', () => {
  it('names every setting, and none that there is not', () => {
    const read = new Set<string>();
    const spy = new Proxy(
      {},
      {
        get: (_, name: string) => {
          read.add(name);
          return undefined;
        },
      },
    );
    readEnv(spy);
    const named = [...readFileSync('.env.example', 'utf8').matchAll(/^#?\s?([A-Z][A-Z_]+)=/gm)].map(
      (match) => match[1],
    );
    expect(named.sort()).toEqual([...read].sort());
  });
});
