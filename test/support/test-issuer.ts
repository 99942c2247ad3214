import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose';

interface Key {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
}

export interface Who extends JWTPayload {
  preferred_username?: string;
  name?: string;
}

export const AUDIENCE = 'https://chat.example.org';

/** An identity provider of the test's own: it signs tokens, tells its keys, rotates them, goes away and returns. */
export class TestIssuer {
  /** Requests for the keys. */
  reads = 0;
  private keys: Key[] = [];
  private server: Server | undefined;
  private port = 0;
  /** Called before the keys are told. */
  beforeAnswer: () => Promise<void> = () => Promise.resolve();

  static async start(alg = 'RS256'): Promise<TestIssuer> {
    const issuer = new TestIssuer();
    await issuer.up();
    await issuer.rotate({ alg });
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The settings of a server that takes its tokens. */
  get settings(): Record<string, string> {
    return {
      ...{ OIDC_ISSUER: this.url, OIDC_AUDIENCE: AUDIENCE, OIDC_LEEWAY: '30' },
      ...{ OIDC_KEYS_COOLDOWN: '1', OIDC_KEYS_REFRESH: '3600' },
    };
  }

  get current(): Key {
    return this.keys.at(-1)!;
  }

  /** A new key; the ones before are kept, unless told otherwise. */
  async rotate({ alg = this.current.alg, drop = false } = {}): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const kid = randomUUID();
    const publicJwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
    this.keys = [...(drop ? [] : this.keys), { kid, alg, privateKey, publicJwk }];
  }

  /** A token that is good, but for what the test changes. */
  token(who: Who, header: Partial<JWTHeaderParameters> = {}, key: Key = this.current): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: this.url, aud: AUDIENCE, iat: now, exp: now + 300, ...who };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header })
      .sign(key.privateKey);
  }

  async up(): Promise<void> {
    this.server = createServer((request, response) => {
      void this.answer(request.url ?? '').then((body) => {
        response
          .writeHead(body ? 200 : 404, { 'Content-Type': 'application/json' })
          .end(JSON.stringify(body));
      });
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async down(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = undefined;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  private async answer(path: string): Promise<object | null> {
    if (path === '/.well-known/openid-configuration')
      return { issuer: this.url, jwks_uri: `${this.url}/keys` };
    if (path !== '/keys') return null;
    this.reads++;
    await this.beforeAnswer();
    return { keys: this.keys.map(({ publicJwk }) => publicJwk) };
  }
}
