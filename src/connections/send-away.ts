import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { CLOSE } from '@parley/protocol';
import { Frame } from './frame';
import type { SocketSession } from './socket-session';

/** Between one client and the next: other servers take in a few hundred a second beside their work. */
const MS_PER_CLIENT = 2;
/** Of the time until the deadline; the rest is for what is in flight then. */
const LONGEST_SHARE = 0.75;
/** Time for the closes to go out when the deadline is over. */
const LAST_MS = 1_000;
const TICK_MS = 10;
/** Clients told within one turn of the event loop. */
const BATCH = 500;

/**
 * Has clients leave one after the other: each is told its moment, and served until then.
 *
 * So nobody is without a server while waiting for their turn, and the other servers are not stormed. What a
 * client has sent by its moment is answered before it is closed.
 */
export async function sendAway(
  sessions: ReadonlySet<SocketSession>,
  longestMs: number,
  deadline: AbortSignal,
): Promise<void> {
  const leaving = [...sessions];
  const each = Math.min(MS_PER_CLIENT, (longestMs * LONGEST_SHARE) / Math.max(1, leaving.length));
  const start = performance.now();
  for (const [i, { connection }] of leaving.entries()) {
    connection?.send(Frame.push('server.draining', { reconnectAfterMs: Math.floor(i * each) }));
    if (i % BATCH === BATCH - 1) await nextTurn();
  }
  for (const [i, session] of leaving.entries()) {
    while (!deadline.aborted && performance.now() - start < i * each) await pause(TICK_MS);
    if (sessions.has(session)) void session.finish(CLOSE.draining);
  }
  while (sessions.size > 0 && !deadline.aborted) await pause(TICK_MS);
  for (const session of sessions) session.close(CLOSE.draining);
  const end = performance.now() + LAST_MS;
  while (sessions.size > 0 && performance.now() < end) await pause(TICK_MS);
}
