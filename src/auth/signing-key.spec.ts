import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSigningKey } from './signing-key';

describe('loadSigningKey', () => {
  let home: string;
  let dataDir: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'parley-key-'));
    dataDir = join(home, 'data');
  });
  afterEach(() => rm(home, { recursive: true }));
  const load = async (jwtSecret: string | null = null) =>
    (await loadSigningKey({ jwtSecret, dataDir })).export();

  it('takes the configured secret', async () => {
    expect((await load('configured')).toString()).toBe('configured');
  });

  it('makes one secret for all servers that start at once, and keeps it', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => load()));
    expect(new Set(keys.map(String)).size).toBe(1);
    expect(await load()).toEqual(keys[0]);
    expect(await readdir(dataDir)).toEqual(['jwt-secret']);
    expect((await stat(join(dataDir, 'jwt-secret'))).mode & 0o777).toBe(0o600);
  });

  it('refuses a damaged file rather than sign with next to nothing', async () => {
    await load();
    await writeFile(join(dataDir, 'jwt-secret'), '');
    await expect(load()).rejects.toThrow('damaged');
  });
});
