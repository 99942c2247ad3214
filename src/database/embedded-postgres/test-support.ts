import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { canReach, defaultDbUser } from './db-user';
import type { EmbeddedPostgres } from './embedded-postgres';

export type Connection = EmbeddedPostgres['connection'];

const folders: string[] = [];

/** A folder under /tmp, gone after the tests; mode 700 closes it to other users. */
export function temporaryFolder(mode = 0o755): string {
  const folder = mkdtempSync('/tmp/parley-spec-');
  chmodSync(folder, mode);
  folders.push(folder);
  return folder;
}

/** Removes what temporaryFolder made. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Runs one statement on a connection of its own. */
export async function query(connection: Connection, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client(connection);
  client.on('error', () => {}); // a server that is killed: the query rejects
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Waits for a condition; fails after ten seconds. */
export async function until<T>(what: string, condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  const end = performance.now() + 10_000;
  for (;;) {
    const value = await Promise.resolve(condition());
    if (value) return value;
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await delay(10);
  }
}

/** What the other Parley says first: where its database is, or why there is none. */
export interface OtherParley {
  child: ChildProcess;
  pid: number;
  started?: { connection: Connection; pid: number };
  error?: { name: string; message: string };
}

const SCRIPT = `
const { readFileSync } = require('node:fs');
const swc = require('@swc/core');
const options = { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } };
require.extensions['.ts'] = (module, filename) =>
  module._compile(swc.transformSync(readFileSync(filename, 'utf8'), { ...options, filename }).code, filename);
const { startEmbeddedPostgres } = require(process.argv[1]);
const say = (what) => process.stdout.write(JSON.stringify(what) + '\\n');
startEmbeddedPostgres({ dataDir: process.argv[2], log: () => {} }).then(
  (db) => { say({ started: { connection: db.connection, pid: db.pid } });
            process.stdin.resume().once('end', () => db.stop().then(() => process.exit(0))); },
  (error) => { say({ error: { name: error.name, message: error.message } }); process.exit(1); },
);`;

/** Starts the database in a process of its own, which stops it when its stdin ends. */
export async function otherParley(dataDir: string, uid?: number): Promise<OtherParley> {
  const child = spawn(process.execPath, ['-e', SCRIPT, join(__dirname, 'embedded-postgres.ts'), dataDir], {
    cwd: process.cwd(),
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, pid: child.pid ?? 0, ...(JSON.parse(line) as object) };
}

/** Ends the other Parley, in good order or by kill -9. */
export async function end(parley: OtherParley, how: 'well' | 'kill -9' = 'well'): Promise<void> {
  if (parley.child.exitCode !== null || parley.child.signalCode !== null) return;
  const exit = once(parley.child, 'exit');
  if (how === 'well') parley.child.stdin?.end();
  else parley.child.kill('SIGKILL');
  await exit;
}

// eslint-disable-next-line no-restricted-properties -- where a test runs is no configuration of Parley
const inCi = process.env.CI !== undefined;

/** A test that needs root: skipped by name elsewhere, but in CI it fails. */
export const rootTest: jest.It = process.getuid?.() === 0 ? it : inCi ? failing() : named(it.skip);

/** A root test in which another user runs Parley: nobody else can where the project is out of their reach. */
export const otherUserTest: jest.It =
  process.getuid?.() === 0 && !canReach(realpathSync(process.cwd()), defaultDbUser())
    ? named(it.skip, 'needs a project that other users can reach')
    : rootTest;

function failing(): jest.It {
  return named(((name: string) =>
    it(name, () => {
      throw new Error('this test needs root: run the unit tests as root in CI');
    })) as unknown as jest.It);
}

function named(run: jest.It, need = 'needs root'): jest.It {
  return ((name: string, test: jest.ProvidesCallback) =>
    run(`${name} (${need})`, test)) as unknown as jest.It;
}
