import { spawn, type SpawnOptions } from 'node:child_process';
import type { DbUser } from './db-user';

/** How every process of PostgreSQL is spawned: as `user`, away from our surroundings.
 * Nothing of Parley's environment gets in: PGDATA, PGPORT, LC_ALL or TZ would. */
export function spawnOptions(user: DbUser | undefined): SpawnOptions {
  if (process.platform === 'win32') return { windowsHide: true };
  return {
    cwd: '/', // ours may be out of the user's reach
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
    ...(user && { uid: user.uid, gid: user.gid }),
  };
}

/** Runs a program to its end; `output` is stdout and stderr as they came. */
export function run(
  file: string,
  args: string[],
  user: DbUser | undefined,
  input = '',
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...spawnOptions(user), stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer) => (output += chunk.toString());
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
    child.stdin?.on('error', () => {}); // it ended before it read: the exit code tells
    child.stdin?.end(input);
  });
}
