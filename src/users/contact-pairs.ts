import type { EntityManager } from 'typeorm';
import { DomainError } from '../common/domain-error';
import type { ContactPair, ContactRowState } from './contact-state';

/** Whom a change is about. */
export interface PairIds {
  userId: string;
  contactId: string;
}

/** One name for two people, whoever comes first. */
export function pairKey(a: string, b: string): string {
  return a < b ? a + b : b + a;
}

/** The pair as it stands, locked until the transaction ends: also where there is no row to lock. */
export async function lockPair(manager: EntityManager, ids: PairIds): Promise<ContactPair> {
  await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `contact ${pairKey(ids.userId, ids.contactId)}`,
  ]);
  const rows: { user_id: string; state: ContactRowState }[] = await manager.query(
    `SELECT user_id, state FROM contact
     WHERE user_id IN ($1, $2) AND contact_id IN ($1, $2)`,
    [ids.userId, ids.contactId],
  );
  const stateOf = (id: string) => rows.find((row) => row.user_id === id)?.state ?? null;
  return { mine: stateOf(ids.userId), theirs: stateOf(ids.contactId) };
}

/** Both accounts exist, and a deletion of either waits for this transaction and then finds its rows. */
export async function requireBoth(manager: EntityManager, { userId, contactId }: PairIds): Promise<void> {
  const rows: { id: string }[] = await manager.query(
    'SELECT id FROM "user" WHERE id IN ($1, $2) AND deletion_started_at IS NULL FOR KEY SHARE',
    [userId, contactId],
  );
  const userIds = [userId, contactId].filter((id) => !rows.some((row) => row.id === id));
  if (userIds.length > 0) throw new DomainError('user_not_found', undefined, { userIds });
}

/** Writes the rows that differ. */
export async function writePair(
  manager: EntityManager,
  { userId, contactId }: PairIds,
  before: ContactPair,
  after: ContactPair,
): Promise<void> {
  if (before.mine !== after.mine) await writeRow(manager, userId, contactId, after.mine);
  if (before.theirs !== after.theirs) await writeRow(manager, contactId, userId, after.theirs);
}

async function writeRow(
  manager: EntityManager,
  userId: string,
  contactId: string,
  state: ContactRowState | null,
): Promise<void> {
  if (state === null) {
    await manager.query('DELETE FROM contact WHERE user_id = $1 AND contact_id = $2', [userId, contactId]);
    return;
  }
  await manager.query(
    `INSERT INTO contact (user_id, contact_id, state) VALUES ($1, $2, $3)
     ON CONFLICT (user_id, contact_id) DO UPDATE SET state = excluded.state, since = now()`,
    [userId, contactId, state],
  );
}
