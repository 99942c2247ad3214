import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { findBinaries, prepareBinaries, program } from './binaries';
import { defaultDbUser } from './db-user';
import { startEmbeddedPostgres } from './embedded-postgres';
import { shortHash } from './place';
import { makeSocketDir } from './socket-dir';
import {
  end,
  otherParley,
  otherUserTest,
  query,
  removeFolders,
  rootTest,
  temporaryFolder,
} from './test-support';

const lines: string[] = [];
const start = (dataDir: string) => startEmbeddedPostgres({ dataDir, log: (line) => void lines.push(line) });

beforeEach(() => void (lines.length = 0));
afterAll(removeFolders);

describe('a start that cannot work says why, and the way out', () => {
  it('data of another major version', async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, 'postgres', 'data'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres', 'data', 'PG_VERSION'), '17\n');
    await expect(start(dataDir)).rejects.toThrow(
      /was made by PostgreSQL 17, this Parley brings 18: .*DATABASE_URL/,
    );
    expect(existsSync(join(dataDir, 'postgres', 'owner.lock'))).toBe(false);
  });

  it('a folder that is no database, and one that is damaged', async () => {
    const dataDir = temporaryFolder();
    const db = await start(dataDir);
    await db.stop();
    const data = join(dataDir, 'postgres', 'data');
    rmSync(join(data, 'global', 'pg_control'));
    await expect(start(dataDir)).rejects.toThrow(/damaged: restore .* backup/);
    rmSync(join(data, 'PG_VERSION'));
    await expect(start(dataDir)).rejects.toThrow(/PG_VERSION is missing\): restore/);
  });

  it('a data folder that is a file', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    await expect(start(file)).rejects.toThrow(/is not a folder: set DATA_DIR/);
  });

  it('no binaries for the platform', () => {
    expect(() => findBinaries('linux', 'riscv64')).toThrow(
      /no PostgreSQL for linux-riscv64.*set DATABASE_URL/,
    );
  });

  it('a C library that is not glibc', async () => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'bin'));
    // As on Alpine: the program is there, the loader it names is not.
    writeFileSync(join(root, 'bin', 'postgres'), '#!/lib/ld-not-here.so\n', { mode: 0o755 });
    await expect(prepareBinaries({ root, version: '18.0' }, undefined, () => {})).rejects.toThrow(
      /glibc.*Alpine.*DATABASE_URL/,
    );
  });

  it('leaves nothing that looks like a database when making one is cut short', async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, 'postgres', 'data.init-old'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres', 'data.init-old', 'PG_VERSION'), '18\n');
    const db = await start(dataDir);
    await db.stop();
    expect(readdirSync(join(dataDir, 'postgres')).sort()).toEqual(['data', 'postgres.log', 'run']);
  });

  it('leaves a socket folder alone that somebody else planted', () => {
    const home = join(temporaryFolder(), 'a'.repeat(120));
    const planted = join('/tmp', `parley-${shortHash(home)}`);
    const target = temporaryFolder();
    symlinkSync(target, planted);
    const made = makeSocketDir({ home, data: '', user: undefined });
    try {
      expect(made).toMatch(new RegExp(`parley-${shortHash(home)}-`));
      expect(readdirSync(target)).toEqual([]);
    } finally {
      rmSync(planted);
      rmSync(made, { recursive: true });
    }
  });
});

describe('as root', () => {
  rootTest('a data folder out of reach: the database goes to /var/lib/parley', async () => {
    const closed = temporaryFolder(0o700);
    const dataDir = join(closed, 'data');
    const db = await start(dataDir);
    const home = `/var/lib/parley/${shortHash(realpathSync(dataDir))}`;
    try {
      expect(lines[0]).toMatch(`cannot reach ${dataDir}: the database goes to ${home}`);
      expect(statSync(join(home, 'data')).uid).toBe(defaultDbUser().uid);
      expect(await query(db.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await db.stop();
      chmodSync(closed, 0o755); // reachable now, and yet it stays where its data is
      const again = await start(dataDir);
      await again.stop();
      expect(lines).toContain(`the database of ${dataDir} is in ${home}`);
    } finally {
      await db.stop();
      rmSync(home, { recursive: true, force: true });
    }
  });

  rootTest('binaries out of reach, without their links: copied once, and whole', async () => {
    const closed = temporaryFolder(0o700);
    const shared = temporaryFolder();
    const found = findBinaries();
    const root = join(closed, 'native');
    cpSync(found.root, root, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith('libpq.so.5'),
    });
    const user = defaultDbUser();
    const prepared = await prepareBinaries({ root, version: found.version }, user, () => {}, shared);
    expect(program(prepared, 'postgres')).toBe(
      join(shared, `postgres-${found.version}`, 'native/bin/postgres'),
    );
    expect(existsSync(join(root, 'lib', 'libpq.so.5'))).toBe(true);
    expect(await prepareBinaries({ root, version: found.version }, user, () => {}, shared)).toEqual(prepared);
  });

  rootTest('a full disk: says so, leaves nothing, and works once there is room', async () => {
    const mount = temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m,mode=755', 'tmpfs', mount]);
    try {
      await expect(start(mount)).rejects.toThrow(
        /disk that holds .* is full: free some space, or set DATA_DIR/,
      );
      expect(readdirSync(join(mount, 'postgres'))).toEqual([]);
      execFileSync('mount', ['-o', 'remount,size=120m', mount]);
      await (await start(mount)).stop();
      writeFileSync(join(mount, 'filler'), ''); // and a start on a disk that filled up since
      execFileSync('sh', ['-c', `cat /dev/zero > "${mount}/filler" || true`], { stdio: 'ignore' });
      await expect(start(mount)).rejects.toThrow(/is full: free some space/);
      rmSync(join(mount, 'filler'));
      await (await start(mount)).stop();
    } finally {
      execFileSync('umount', [mount]);
    }
  });

  otherUserTest('another user starts its own, and root may go on with it', async () => {
    const { uid, gid } = defaultDbUser();
    const dataDir = temporaryFolder(0o700);
    chownSync(dataDir, uid, gid);
    const other = await otherParley(dataDir, uid);
    expect(other.error).toBeUndefined();
    expect(await query(other.started!.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await end(other);
    const db = await start(dataDir); // a folder of mode 700, but PostgreSQL's user owns it
    await db.stop();
    const again = await otherParley(dataDir, uid);
    expect(again.error).toBeUndefined();
    await end(again);
  });

  otherUserTest('a folder that another user may not write', async () => {
    const dataDir = temporaryFolder();
    const other = await otherParley(dataDir, defaultDbUser().uid);
    expect(other.error?.message).toMatch(/no permission for .*set DATA_DIR to another folder/);
    await end(other);
  });
});
