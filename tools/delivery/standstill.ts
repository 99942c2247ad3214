import { CLOSE } from '@parley/protocol';
import type { Afflictions } from './afflictions';
import { LOST } from './fault';

const LOOK_MS = 500;
/** Who answers no ping for two heartbeats is cut off, and a heartbeat here takes two seconds. */
const LONG_MS = 1_500;

/**
 * Takes note of when this process itself got no turn: all clients are in it, so none answers a ping meanwhile, or
 * the close of a server that is about to end.
 *
 * It learns of it before the clients see what came of it: timers have their turn before sockets.
 */
export function watchStandstill(afflictions: Afflictions): { stop(): void } {
  let last = performance.now();
  const timer = setInterval(() => {
    const late = performance.now() - last - LOOK_MS;
    last += LOOK_MS + late;
    if (late < LONG_MS) return;
    const what = `all clients stood still for ${(late / 1_000).toFixed(1)} s`;
    afflictions.begin({ name: 'standstill', what, closes: [CLOSE.heartbeat.code, LOST] })();
  }, LOOK_MS);
  return { stop: () => clearInterval(timer) };
}
