import { closeSync, readFileSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openLog, readLog, rotateLog } from './log-file';
import { removeFolders, temporaryFolder } from './test-support';

describe('log file', () => {
  afterAll(removeFolders);

  it('stays small under a writer that keeps it open', () => {
    const file = join(temporaryFolder(), 'postgres.log');
    const handle = openLog(file, undefined);
    writeSync(handle, 'before\n');
    rotateLog(file, 100);
    expect(readLog(file, 0)).toBe('before\n');
    rotateLog(file, 3);
    writeSync(handle, 'after\n');
    closeSync(handle);
    expect([readFileSync(`${file}.1`, 'utf8'), readLog(file, 0)]).toEqual(['before\n', 'after\n']);
  });

  it('is moved aside without following a link that somebody put there', () => {
    const folder = temporaryFolder();
    const [file, victim] = [join(folder, 'postgres.log'), join(folder, 'victim')];
    writeFileSync(victim, 'precious');
    writeFileSync(file, 'logged');
    symlinkSync(victim, `${file}.1`);
    rotateLog(file, 1);
    expect([readFileSync(`${file}.1`, 'utf8'), readFileSync(victim, 'utf8')]).toEqual(['logged', 'precious']);
  });
});
