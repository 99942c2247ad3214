import { readFileSync } from 'node:fs';
import { Server as HttpsServer } from 'node:https';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Logger } from '@nestjs/common';
import { EnvError, type Env } from './config/env';
import { TLS_HANDSHAKE_MS } from './http-timeouts';

/** Certificate and key from their files, checked to belong together. */
export function readTls({
  certFile,
  keyFile,
}: NonNullable<Env['tls']>): SecureContextOptions & { handshakeTimeout: number } {
  try {
    const options = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    createSecureContext(options);
    return { ...options, handshakeTimeout: TLS_HANDSHAKE_MS };
  } catch (error) {
    throw new EnvError(`TLS_CERT and TLS_KEY cannot be used: ${(error as Error).message}.`);
  }
}

/** Reads the files again; connections that are open stay, and wrong files change nothing. */
export function reloadTls(server: unknown, tls: Env['tls'], logger: Logger): void {
  if (!tls || !(server instanceof HttpsServer)) return;
  try {
    server.setSecureContext(readTls(tls));
    logger.log('the TLS certificate was read again');
  } catch (error) {
    logger.error(`the TLS certificate stays as it was: ${(error as Error).message}`);
  }
}
