/** A rate that nothing is tried above. */
const ENOUGH = 1_000_000;

/**
 * Looks for the highest rate that holds: doubles until one does not, then halves the distance, so many times.
 *
 * Where the first does not hold either, it looks below it. Returns what the highest one that holds gave.
 */
export async function findHighest<Found>(
  from: number,
  halvings: number,
  holds: (rate: number) => Promise<Found | null>,
): Promise<Found | null> {
  let best: Found | null = null;
  let good = 0;
  let bad = Infinity;
  for (let rate = from; rate < ENOUGH && bad === Infinity; rate *= 2) {
    const found = await holds(rate);
    if (found === null) bad = rate;
    else [good, best] = [rate, found];
  }
  for (let left = halvings; left > 0; left--) {
    const rate = good === 0 ? bad / 2 : Math.sqrt(good * bad);
    const found = await holds(rate);
    if (found === null) bad = rate;
    else [good, best] = [rate, found];
  }
  return best;
}
