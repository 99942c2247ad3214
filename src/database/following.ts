/**
 * Name of the data source for what other processes have done: `@InjectDataSource(FOLLOWING)`.
 *
 * Its connections are its own: a revocation must act within a second, however many slow queries of people
 * wait for the others.
 */
export const FOLLOWING = 'following';

/** One may wait for a lock, and the other goes on. */
export const FOLLOWING_POOL_SIZE = 2;

/** Connections that a process may hold, with a pool of this size for requests. */
export function connectionsOf(poolSize: number): number {
  return poolSize + FOLLOWING_POOL_SIZE;
}
