import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres';
import { processesIn, processStart } from './process-info';
import { end, otherParley, query, removeFolders, temporaryFolder, until } from './test-support';

describe('embedded PostgreSQL', () => {
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  let dataDir: string;
  let data: string;
  let db: EmbeddedPostgres | undefined;

  beforeAll(async () => {
    dataDir = temporaryFolder();
    data = join(dataDir, 'postgres', 'data');
    db = await startEmbeddedPostgres({ dataDir, log });
    await query(db.connection, 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)');
  });

  beforeEach(async () => {
    lines.length = 0;
    db ??= await startEmbeddedPostgres({ dataDir, log });
  });

  afterAll(async () => {
    await db?.stop();
    expect(processesIn(data)).toEqual([]);
    removeFolders();
  });

  async function stop(): Promise<void> {
    await db?.stop();
    db = undefined;
  }

  const kept = (from = db) => query(from!.connection, 'SELECT count(*)::int FROM kept');

  it('is durable, UTF-8, checksummed, and reached by a socket only', async () => {
    const [row] = await query(
      db!.connection,
      `SELECT current_setting('fsync') f, current_setting('synchronous_commit') s, current_setting('full_page_writes') p,
        current_setting('data_checksums') c, current_setting('server_encoding') e, current_setting('listen_addresses') l,
        lower('Ä') lower, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) super`,
    );
    expect(row).toEqual({ f: 'on', s: 'on', p: 'on', c: 'on', e: 'UTF8', l: '', lower: 'ä', super: false });
    expect(statSync(join(data, 'parley.password')).mode & 0o777).toBe(0o600);
    await expect(query({ ...db!.connection, password: 'wrong' }, 'SELECT 1')).rejects.toThrow(/password/);
  });

  it('keeps data and password over stop and start', async () => {
    const { connection, pid } = db!;
    await Promise.all([db!.stop(), db!.stop()]);
    expect(processesIn(data)).toEqual([]);
    db = await startEmbeddedPostgres({ dataDir, log });
    expect(db.connection).toEqual(connection);
    expect(db.pid).not.toBe(pid);
    expect(await kept()).toEqual([{ count: 1 }]);
  });

  it('lives in a session of its own: Ctrl-C in the terminal does not reach it', () => {
    const stat = readFileSync(`/proc/${db!.pid}/stat`, 'utf8');
    const [, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    expect([Number(group), Number(session)]).toEqual([db!.pid, db!.pid]);
  });

  it('comes back after kill -9 of the main process, however often', async () => {
    for (let round = 0; round < 2; round++) {
      const { pid } = db!;
      const busy = query(db!.connection, 'SELECT pg_sleep(60)').catch(() => 'cut');
      await until(
        'a busy backend',
        async () =>
          (
            await query(
              db!.connection,
              "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%sleep(60)' AND pid <> pg_backend_pid()",
            )
          ).length,
      );
      process.kill(pid, 'SIGKILL');
      await until('another pid', () => lines.some((line) => line.includes('ready')) && db!.pid !== pid);
      expect(await busy).toBe('cut');
      expect(await kept()).toEqual([{ count: 1 }]);
      expect(lines.some((line) => line.includes(`(pid ${pid}) died (signal SIGKILL)`))).toBe(true);
      lines.length = 0;
    }
  });

  it('comes back when somebody else stops it, but not after stop()', async () => {
    const { pid } = db!;
    process.kill(pid, 'SIGINT');
    await until('another pid', () => lines.some((line) => line.includes('ready')));
    process.kill(db!.pid, 'SIGKILL');
    await until('its death noticed', () => lines.some((line) => line.includes('SIGKILL')));
    await stop(); // while the restart waits
    expect(processesIn(data)).toEqual([]);
  });

  it('takes settings, but none that break a promise', async () => {
    await stop();
    db = await startEmbeddedPostgres({ dataDir, log, settings: { work_mem: '7MB' } });
    expect(await query(db.connection, 'SHOW work_mem')).toEqual([{ work_mem: '7MB' }]);
    await stop();
    await expect(startEmbeddedPostgres({ dataDir, log, settings: { fsync: 'off' } })).rejects.toThrow(
      /fsync belongs to Parley/,
    );
    await expect(startEmbeddedPostgres({ dataDir, log, settings: { no_such: '1' } })).rejects.toThrow(
      /setting.*no_such/,
    );
  });

  it('refuses a second start, in this process and in another, naming the pid', async () => {
    const sentence = `another Parley (pid ${process.pid}) is running on ${dataDir}/postgres: stop it, or set DATA_DIR to another folder`;
    await expect(startEmbeddedPostgres({ dataDir, log })).rejects.toThrow(sentence);
    const other = await otherParley(dataDir);
    expect(other.error).toEqual({ name: 'EmbeddedPostgresError', message: sentence });
    await end(other);
    expect(await kept()).toEqual([{ count: 1 }]);
  });

  it('adopts what a killed Parley left, supervises and stops it', async () => {
    await stop();
    const other = await otherParley(dataDir);
    await end(other, 'kill -9');
    expect(processStart(other.started!.pid)).toBeDefined();
    db = await startEmbeddedPostgres({ dataDir, log });
    expect(db.pid).toBe(other.started!.pid);
    expect(lines.at(-1)).toMatch(/adopted/);
    expect(await kept()).toEqual([{ count: 1 }]);
    process.kill(db.pid, 'SIGKILL');
    await until('a new one', () => lines.some((line) => line.includes('ready')));
    expect(await kept()).toEqual([{ count: 1 }]);
  });

  it('stops what a killed Parley left with other settings, and starts anew', async () => {
    await stop();
    const other = await otherParley(dataDir);
    await end(other, 'kill -9');
    db = await startEmbeddedPostgres({ dataDir, log, settings: { work_mem: '9MB' } });
    expect(db.pid).not.toBe(other.started!.pid);
    expect(processStart(other.started!.pid)).toBeUndefined();
    expect(await kept()).toEqual([{ count: 1 }]);
    await stop();
  });

  it('starts over a postmaster.pid whose number another process has now', async () => {
    await stop();
    writeFileSync(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n1\n5432\n\n\n\nready\n`);
    db = await startEmbeddedPostgres({ dataDir, log });
    expect(await kept()).toEqual([{ count: 1 }]);
  });

  it('survives both killed at once', async () => {
    await stop();
    const other = await otherParley(dataDir);
    process.kill(other.started!.pid, 'SIGKILL');
    await end(other, 'kill -9');
    db = await startEmbeddedPostgres({ dataDir, log });
    expect(await kept()).toEqual([{ count: 1 }]);
  });

  it('leaves alone what is not PostgreSQL and works in its folder', async () => {
    const shell = spawn('sleep', ['60'], { cwd: data });
    const exit = once(shell, 'exit');
    try {
      await stop();
      expect(processStart(shell.pid ?? 0)).toBeDefined();
    } finally {
      shell.kill('SIGKILL');
      await exit;
    }
  });

  it('uses a short folder for the socket where the path is long', async () => {
    const long = join(temporaryFolder(), 'a'.repeat(120), 'it\'s, "odd"');
    const far = await startEmbeddedPostgres({ dataDir: long, log });
    try {
      expect(await query(far.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      expect(far.connection.host.length).toBeLessThan(80);
      expect(statSync(far.connection.host).mode & 0o777).toBe(0o700);
    } finally {
      await far.stop();
    }
    expect(existsSync(far.connection.host)).toBe(false);
  });
});
