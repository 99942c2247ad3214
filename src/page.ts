import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, sep } from 'node:path';
import { Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

interface File {
  body: Buffer;
  type: string;
  etag: string;
  cacheControl: string;
}

/** Its own files and its own server, nothing else: no script or style within HTML, and no HTML out of text. */
const POLICY = [
  "default-src 'none'",
  ...['script-src', 'style-src', 'img-src', 'font-src', 'connect-src', 'manifest-src'].map(
    (what) => `${what} 'self'`,
  ),
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  ...["require-trusted-types-for 'script'", "trusted-types 'none'"],
].join('; ');

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
};

/** Names of these have a hash of their content in them. */
const HASHED = /^\/assets\//;

/** The chat page: the files that the build makes of `web/`, held in memory. */
export class Page {
  private constructor(private readonly files: ReadonlyMap<string, File>) {}

  /** Null, with a warning, where it has not been built. */
  static read(folder = builtPage()): Page | null {
    if (folder !== null) return new Page(readFiles(folder));
    new Logger('Page').warn('the chat page is not served: it is not built, "npm run build" does that');
    return null;
  }

  has({ method, path }: Request): boolean {
    return (method === 'GET' || method === 'HEAD') && this.files.has(path);
  }

  readonly serve = (request: Request, response: Response, next: NextFunction): void => {
    const file = this.has(request) && this.files.get(request.path);
    if (!file) return next();
    const { body, type, etag, cacheControl } = file;
    response
      .set({ ...HEADERS, ETag: etag, 'Cache-Control': cacheControl })
      .type(type)
      .send(body);
  };
}

/** The folder of the built page; null where there is none. */
export function builtPage(): string | null {
  try {
    const folder = join(dirname(require.resolve('@parley/web/package.json')), 'dist');
    return existsSync(join(folder, 'index.html')) ? folder : null;
  } catch {
    // Installed without the page.
    return null;
  }
}

function readFiles(folder: string): Map<string, File> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => extname(name));
  const files = new Map(names.map((name) => [`/${name.replaceAll(sep, '/')}`, readFile(folder, name)]));
  const index = files.get('/index.html');
  if (index) files.set('/', index);
  return files;
}

function readFile(folder: string, name: string): File {
  const body = readFileSync(join(folder, name));
  // Of the content: two builds may have an index of the same size, and of the same time.
  const etag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const isHashed = HASHED.test(`/${name.replaceAll(sep, '/')}`);
  const cacheControl = isHashed ? 'public, max-age=31536000, immutable' : 'no-cache';
  return { body, type: extname(name), etag, cacheControl };
}
