import { findHighest } from './find-highest';

/** What is found when everything up to a rate holds, and what was tried. */
async function search(limit: number, from = 1_000, halvings = 3) {
  const tried: number[] = [];
  const found = await findHighest(from, halvings, async (rate) => {
    tried.push(rate);
    return rate <= limit ? rate : null;
  });
  return { found, tried };
}

describe('findHighest', () => {
  it('comes close from below', async () => {
    const { found, tried } = await search(5_000);
    expect(tried.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(tried).toHaveLength(7);
    expect(found).toBeLessThanOrEqual(5_000);
    expect(found).toBeGreaterThan(5_000 / 2 ** (1 / 8));
  });

  it('looks below where the first is too much', async () => {
    expect(await search(300)).toEqual({ found: 250, tried: [1_000, 500, 250, Math.sqrt(250 * 500)] });
  });

  it('finds nothing where nothing holds', async () => {
    expect((await search(0)).found).toBeNull();
  });

  it('ends where everything holds', async () => {
    const { found } = await search(Infinity, 500_000, 0);
    expect(found).toBe(500_000);
  });
});
