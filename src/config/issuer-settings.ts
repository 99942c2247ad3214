import { EnvError, type Reader } from './env-reader';

/** Signatures that are checked with a public key: with a secret, who can check can also sign. */
const SIGNATURE_ALGORITHMS = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
];

type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

/** Whose tokens are taken beside our own, and how they are read. */
export interface IssuerSettings {
  /** Exactly what `iss` says. */
  issuer: string;
  /** `aud` has one of them. */
  audiences: readonly string[];
  algorithms: readonly SignatureAlgorithm[];
  /** Null: the issuer's discovery document names it. */
  jwksUrl: string | null;
  leewaySeconds: number;
  claims: { subject: string; username: string; displayName: string };
  /** Age from which its keys are read again. */
  keysRefreshSeconds: number;
  /** Between two readings of them, at least. */
  keysCooldownSeconds: number;
  /** Age up to which keys that cannot be read again are good. */
  keysMaxAgeSeconds: number;
}

interface SignIn {
  registration: boolean;
  passwords: boolean;
  issuer: IssuerSettings | null;
}

/** How people get in: by accounts of this server, by tokens of an outside issuer, or both. */
export function readSignIn(read: Reader, production: boolean): SignIn {
  const issuer = readIssuer(read, production);
  const passwords = read.flag('PASSWORDS', true);
  if (!passwords && !issuer) {
    throw new EnvError('PASSWORDS is 0 and OIDC_ISSUER is empty: nobody could log in; name an issuer.');
  }
  return { issuer, passwords, registration: read.flag('REGISTRATION', true) && passwords };
}

function readIssuer(read: Reader, production: boolean): IssuerSettings | null {
  const audiences = read.words('OIDC_AUDIENCE');
  const algorithms = read.listOf('OIDC_ALGORITHMS', SIGNATURE_ALGORITHMS);
  const jwksUrl = read.url('OIDC_JWKS_URL', ['https:', 'http:']);
  const settings = {
    audiences,
    algorithms: algorithms.length > 0 ? algorithms : (['RS256', 'ES256'] as const),
    jwksUrl,
    leewaySeconds: read.integer('OIDC_LEEWAY', 30, 0, 300),
    claims: {
      subject: read.text('OIDC_SUBJECT_CLAIM', 'sub'),
      username: read.text('OIDC_USERNAME_CLAIM', 'preferred_username'),
      displayName: read.text('OIDC_NAME_CLAIM', 'name'),
    },
    keysRefreshSeconds: read.integer('OIDC_KEYS_REFRESH', 600, 1, 86_400),
    keysCooldownSeconds: read.integer('OIDC_KEYS_COOLDOWN', 5, 1, 3_600),
    keysMaxAgeSeconds: read.integer('OIDC_KEYS_MAX_AGE', 86_400, 1, 30 * 86_400),
  };
  const issuer = read.url('OIDC_ISSUER', ['https:', 'http:']);
  if (issuer === null) return null;
  if (audiences.length === 0) {
    throw new EnvError(
      'OIDC_AUDIENCE is empty: name what this server is to the issuer, or tokens meant for others would be taken.',
    );
  }
  requirePrivate('OIDC_JWKS_URL', jwksUrl ?? issuer, production);
  return { issuer, ...settings };
}

/** Who can change the keys on their way here can be anybody. */
function requirePrivate(name: string, url: string, production: boolean): void {
  const { protocol, hostname } = new URL(url);
  if (!production || protocol === 'https:' || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname))
    return;
  throw new EnvError(
    `${name} is no https:// URL: in production keys are read over TLS, or from this machine.`,
  );
}
