import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import type { Request } from 'express';
import { Page } from './page';

describe('Page', () => {
  it('has the files of its folder, for GET and HEAD', () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-page-'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html>');
    writeFileSync(join(folder, 'icon.svg'), '<svg/>');
    const page = Page.read(folder);
    rmSync(folder, { recursive: true });
    const has = (method: string, path: string) => page?.has({ method, path } as Request);
    expect(['/', '/index.html', '/icon.svg'].map((path) => has('GET', path))).toEqual([true, true, true]);
    expect([has('HEAD', '/'), has('POST', '/'), has('GET', '/other'), has('GET', '/assets')]).toEqual([
      ...[true, false, false, false],
    ]);
  });

  it('is not there, with a warning, where it has not been built', () => {
    const warned: unknown[] = [];
    Logger.overrideLogger({
      log: () => undefined,
      error: () => undefined,
      warn: (line) => warned.push(line),
    });
    expect(Page.read(null)).toBeNull();
    Logger.overrideLogger(true);
    expect(warned).toEqual([expect.stringContaining('it is not built')]);
  });
});
