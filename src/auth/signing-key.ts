import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, syncFolder } from '../common/make-folder';
import type { Env } from '../config/env';

/** Injects the secret that all tokens are signed with, a KeyObject. */
export const SIGNING_KEY = Symbol('SIGNING_KEY');

const SECRET_BYTES = 48;

/** The configured secret; in development one that is made at the first start and kept in the data folder. */
export async function loadSigningKey(env: Pick<Env, 'jwtSecret' | 'dataDir'>): Promise<KeyObject> {
  return createSecretKey(Buffer.from(env.jwtSecret ?? (await keptSecret(env.dataDir))));
}

async function keptSecret(dataDir: string): Promise<string> {
  const file = join(dataDir, 'jwt-secret');
  return (await readSecret(file)) ?? (await makeSecret(dataDir, file));
}

async function makeSecret(dataDir: string, file: string): Promise<string> {
  makeFolder(dataDir);
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, randomBytes(SECRET_BYTES).toString('base64'), {
    mode: 0o600,
    flag: 'wx',
    flush: true,
  });
  try {
    // A link appears complete or not at all, and only once: two servers that start at once agree.
    await link(draft, file);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await unlink(draft);
  }
  // A token must not outlive its secret.
  syncFolder(dataDir);
  const secret = await readSecret(file);
  if (secret === null) throw new Error(`${file} has vanished while it was made`);
  return secret;
}

async function readSecret(file: string): Promise<string | null> {
  let secret: string;
  try {
    secret = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
  if (secret.length < 32) throw new Error(`${file} is damaged: remove it, and everybody logs in again`);
  return secret;
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
