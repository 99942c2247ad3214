import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCENARIOS } from './all';

const PAGE = join(__dirname, '../../docs/performance.md');
/** Seconds. */
const [HALF_AN_HOUR, THREE_MINUTES] = [1_800, 180];

describe('the scenarios that run when none is named', () => {
  const all = SCENARIOS.filter(({ apart }) => !apart);

  it('have a place on the page', () => {
    const page = readFileSync(PAGE, 'utf8');
    const missing = all.filter(({ name }) => !page.includes(`<!-- bench ${name} -->`));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it('have been timed, and fit into half an hour together, and into three minutes when quick', () => {
    expect(all.filter(({ takes }) => !takes).map(({ name }) => name)).toEqual([]);
    const quick = all.filter(({ large }) => !large);
    expect(all.reduce((sum, { takes }) => sum + takes!.full, 0)).toBeLessThan(HALF_AN_HOUR);
    expect(quick.reduce((sum, { takes }) => sum + takes!.quick, 0)).toBeLessThan(THREE_MINUTES);
  });
});
