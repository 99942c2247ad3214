import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate for 127.0.0.1 that vouches for itself. */
export interface Certificate {
  /** PEM, for clients to trust. */
  ca: string;
  certFile: string;
  keyFile: string;
  /** Both in one file. */
  pemFile: string;
}

/** Makes one with openssl; on a curve, as thousands of handshakes share a core. It may be called by any name. */
export function makeCertificate(dir: string, called = '127.0.0.1'): Certificate {
  const [certFile, keyFile, pemFile] = ['tls.crt', 'tls.key', 'tls.pem'].map((name) => join(dir, name)) as [
    ...[string, string, string],
  ];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const name = ['-days', '2', '-subj', `/CN=${called}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...key, ...name, '-out', certFile], { stdio: 'pipe' });
  const ca = readFileSync(certFile, 'utf8');
  writeFileSync(pemFile, ca + readFileSync(keyFile, 'utf8'));
  return { ca, certFile, keyFile, pemFile };
}
