import { pause } from '../support/flow';
import type { Findings } from './findings';
import type { OwnScene, Scene, ServerFault, SocketFault } from './fault';

const SOCKETS_PAUSE_MS = { least: 100, most: 900 };
const SERVER_PAUSE_MS = { least: 500, most: 3_000 };
/** Within this the server must be ready again, whatever was done to it. */
const RECOVERY_MS = 60_000;

/** Inflicts faults on sockets, one soon after the other and side by side. */
export async function inflictOnSockets(
  faults: readonly SocketFault[],
  scene: Scene,
  signal: AbortSignal,
): Promise<void> {
  const running: Promise<void>[] = [];
  while (!signal.aborted) {
    await pause(scene.random.between(SOCKETS_PAUSE_MS.least, SOCKETS_PAUSE_MS.most));
    const fault = scene.random.pick(faults);
    if (!signal.aborted && fault) running.push(fault.inflict(scene));
  }
  await Promise.all(running);
}

/** Inflicts faults one after the other, each when all are ready again, and every one before one comes twice. */
export async function inflictInTurn(
  faults: readonly ServerFault[],
  scene: OwnScene,
  findings: Findings,
  signal: AbortSignal,
): Promise<void> {
  let left: ServerFault[] = [];
  while (!signal.aborted) {
    await pause(scene.random.between(SERVER_PAUSE_MS.least, SERVER_PAUSE_MS.most));
    if (left.length === 0) left = scene.random.shuffled(faults);
    const fault = left.pop();
    if (signal.aborted || !fault) return;
    try {
      await fault.inflict(scene);
    } catch (error) {
      findings.add('unexplained', `${fault.name} could not be inflicted: ${String(error)}`);
      return;
    }
    if (!(await scene.server.isReady(RECOVERY_MS))) {
      findings.add('unexplained', `not all servers were ready ${RECOVERY_MS / 1_000} s after ${fault.name}`);
      return;
    }
  }
}
