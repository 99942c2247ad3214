import type { ChosenStatus } from '@parley/protocol';
import { ANSWER_MS, within } from '../redis/redis-connection';
import { type PresenceRecord, type Shown, UNSEEN } from './presence-store';

const PREFIX = 'parley:presence:';
/** Users handled by one pipeline. */
export const BATCH = 500;

/** What is known of a user: a hash, whose fields the scripts explain. */
export function keyOf(userId: string): string {
  return `${PREFIX}user:${userId}`;
}

/** The list of the users for whom a node answers: another goes through it when the node dies. */
export function setOf(nodeId: string): string {
  return `${PREFIX}node:${nodeId}`;
}

/** Null: nothing is stored. Nodes that are dead do not count. */
export function toRecord(
  row: Record<string, string>,
  now: number,
  dead: readonly string[],
): PresenceRecord | null {
  if (Object.keys(row).length === 0) return null;
  const until = Number(row.until ?? 0);
  const chosen = now < until ? ((row.chosen as ChosenStatus | undefined) ?? null) : null;
  return {
    connected: nodesOf(row).some((node) => !dead.includes(node)),
    chosen,
    chosenUntil: chosen && until,
    lastSeenAt: row.seen ? Number(row.seen) : null,
    announced: {
      status: (row.status as Shown['status'] | undefined) ?? UNSEEN.status,
      own: (row.own as Shown['own'] | undefined) ?? UNSEEN.own,
    },
  };
}

function nodesOf(row: Record<string, string>): string[] {
  return Object.keys(row).flatMap((field) => (field.startsWith('n:') ? [field.slice(2)] : []));
}

export function* batches(userIds: readonly string[]): Iterable<string[]> {
  for (let i = 0; i < userIds.length; i += BATCH) yield userIds.slice(i, i + BATCH);
}

/** Waits for answers, but not for a Redis that hangs. */
export function soon<T extends readonly unknown[] | []>(
  answers: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  return within(ANSWER_MS, Promise.all(answers));
}
