import { pause } from '../support/flow';
import type { Act, Actor } from './actor';

/** Blocks somebody to whom they write directly, and takes it back after some seconds. */
async function block(actor: Actor): Promise<void> {
  const { random, stage, userId } = actor;
  const held = actor.conversation(({ kind, memberIds }) => kind === 'direct' && memberIds.length === 2);
  const peerId = held?.memberIds.find((id) => id !== userId);
  if (peerId === undefined || stage.ledger.isBlocking(userId, peerId)) return;
  const change = (action: 'block' | 'unblock') =>
    actor.overRest(action, [], (rest) => rest.call('PUT', `/v1/contacts/${peerId}`, { action }));
  const lift = stage.ledger.block(userId, peerId);
  const isBlocked = (await change('block')) !== null;
  const began = Date.now();
  if (isBlocked) await pause(random.between(1_500, 8_000));
  lift(isBlocked ? { from: began, to: Date.now() } : null);
  await change('unblock');
}

/** What people do to one another. */
export const BLOCK_ACTS: readonly Act[] = [{ name: 'block', weight: 1.5, run: block }];
