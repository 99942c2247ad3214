/** Sockets by which workers may differ without anybody taking notice. */
const MIN_SLACK = 50;
/** And as a share of what a worker has in the mean. */
const SLACK = 0.1;

export interface Load {
  readonly sockets: number;
  /** Whether it takes new sockets now. */
  readonly accepting: boolean;
}

/**
 * Who takes new sockets, so that workers come to have equally many.
 *
 * Sockets live for days: whoever has too many, because another worker was started anew, gets no more until
 * that one has caught up. Who has fewest always takes more.
 */
export function whoAccepts(loads: readonly Load[]): boolean[] {
  const counts = loads.map(({ sockets }) => sockets);
  const fewest = Math.min(...counts);
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const slack = Math.max(MIN_SLACK, mean * SLACK);
  // Back only from half of it on, or it would come and go with every socket.
  return loads.map(({ sockets, accepting }) => sockets - fewest <= (accepting ? slack : slack / 2));
}
