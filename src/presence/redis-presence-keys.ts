const PREFIX = 'parley:presence:';

/** The nodes, by when their leases end. */
export const LEASES = `${PREFIX}nodes`;

/** The hash of a user. */
export function keyOf(userId: string): string {
  return `${PREFIX}user:${userId}`;
}

/** The list of the users for whom a node answers: another goes through it when the node dies. */
export function setOf(nodeId: string): string {
  return `${PREFIX}node:${nodeId}`;
}

/** Who clears a dead node away. */
export function claimOf(nodeId: string): string {
  return `${PREFIX}claim:${nodeId}`;
}
