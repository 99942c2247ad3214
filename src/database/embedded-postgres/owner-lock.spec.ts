import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { acquireOwnerLock } from './owner-lock';
import { pidNamespace, processStart } from './process-info';
import { removeFolders, temporaryFolder } from './test-support';

describe('owner lock', () => {
  const file = () => join(temporaryFolder(), 'owner.lock');
  const write = (path: string, owner: object) => writeFileSync(path, JSON.stringify(owner));
  const me = { pid: process.pid, started: processStart(process.pid), namespace: pidNamespace() };
  afterAll(removeFolders);

  it('is held by one, and free after', async () => {
    const path = file();
    const lock = await acquireOwnerLock(path);
    await expect(acquireOwnerLock(path)).rejects.toThrow(`pid ${process.pid}`);
    lock.release();
    (await acquireOwnerLock(path)).release();
    expect(existsSync(path)).toBe(false);
  });

  it('goes to exactly one of many that find it stale', async () => {
    const path = file();
    write(path, { ...me, started: '1' }); // our pid, reused
    const got = await Promise.allSettled(Array.from({ length: 8 }, () => acquireOwnerLock(path)));
    const held = got.filter((each) => each.status === 'fulfilled');
    expect(held).toHaveLength(1);
    held[0]!.value.release();
  });

  it('is taken from a writer that was killed before it wrote', async () => {
    const path = file();
    writeFileSync(path, '');
    (await acquireOwnerLock(path)).release();
  });

  it('stays with an owner in another container while that one touches it', async () => {
    const path = file();
    write(path, { ...me, namespace: 'another' });
    const beat = setInterval(() => utimesSync(path, new Date(), new Date()), 100);
    await expect(acquireOwnerLock(path)).rejects.toThrow(/in another container or on another machine/);
    clearInterval(beat);
    (await acquireOwnerLock(path)).release(); // 3.5 s of silence
  });

  it('is free at once when the other container is long gone', async () => {
    const path = file();
    write(path, { ...me, namespace: 'another' });
    utimesSync(path, 1, 1);
    (await acquireOwnerLock(path)).release();
  });
});
