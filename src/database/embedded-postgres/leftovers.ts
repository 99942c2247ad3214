import { readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { program } from './binaries';
import { EmbeddedPostgresError } from './errors';
import { logSize } from './log-file';
import {
  adoptPostmaster,
  type Cluster,
  endOrphans,
  isPostmasterOf,
  type Postmaster,
  readPostmasterFile,
  stopPostmaster,
  type StopLimits,
} from './postmaster';

/** Clears what a killed Parley or a killed PostgreSQL left in the folder.
 * Returns a living postmaster that was started as we would: it is to be adopted. */
export async function settleLeftovers(
  cluster: Cluster,
  socketFile: string | undefined,
  limits: StopLimits,
  log: (line: string) => void,
): Promise<Postmaster | undefined> {
  const file = readPostmasterFile(cluster.data);
  if (file && isPostmasterOf(cluster.data, file.pid)) {
    const postmaster = adoptPostmaster(file.pid, logSize(cluster.logFile));
    if (file.status !== 'stopping' && startedAlike(cluster)) return postmaster;
    log(`stopping PostgreSQL (pid ${file.pid}), which an earlier Parley left with other settings`);
    await stopPostmaster(cluster, postmaster, limits);
  }
  await endOrphans(cluster.data);
  // Elsewhere than on Linux a process cannot be told for certain: PostgreSQL decides there.
  if (process.platform !== 'linux') return undefined;
  if (socketFile !== undefined && (await accepts(socketFile))) {
    throw new EmbeddedPostgresError(
      `a PostgreSQL that is not visible from here (in another container?) serves ${cluster.data}: stop it, or set DATA_DIR to another folder`,
    );
  }
  // Their pid may be another process by now, or a zombie that nobody waits for (PID 1 in a
  // container): PostgreSQL would take either for a living server, and refuse to start.
  rmSync(join(cluster.data, 'postmaster.pid'), { force: true });
  if (socketFile !== undefined) rmSync(`${socketFile}.lock`, { force: true });
  return undefined;
}

/** Whether the last start of the folder had our very command line. */
function startedAlike(cluster: Cluster): boolean {
  try {
    const ours = program(cluster.binaries, 'postgres') + cluster.args.map((arg) => ` "${arg}"`).join('');
    return readFileSync(join(cluster.data, 'postmaster.opts'), 'utf8').trim() === ours.trim();
  } catch {
    return false;
  }
}

function accepts(socketFile: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketFile);
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
