import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from './make-folder';

describe('makeFolder', () => {
  const top = mkdtempSync(join(tmpdir(), 'parley-folder-'));
  afterAll(() => rmSync(top, { recursive: true }));

  it('makes what is missing, and leaves what is there', () => {
    makeFolder(join(top, 'a/b/c'));
    makeFolder(join(top, 'a/b/c'));
    expect(existsSync(join(top, 'a/b/c'))).toBe(true);
  });

  it('ends where no folder can be made', () => {
    writeFileSync(join(top, 'file'), '');
    expect(() => makeFolder(join(top, 'file/x'))).toThrow(/ENOTDIR/);
    if (process.platform === 'linux') expect(() => makeFolder('/proc/nothing/x')).toThrow(/ENOENT/);
  });
});
