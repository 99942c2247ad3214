import { Carried, expose, oneAtATime } from './exposition';
import { Metrics } from './metrics';

/** A process that has counted, and has one connection. */
function processWith(count: number): Metrics {
  const metrics = new Metrics();
  metrics.counter({ name: 'parley_things_total', help: 'Things', label: 'kind' }, () => [['a', count]]);
  metrics.gauge({ name: 'parley_connections', help: 'Connections' }, () => 1);
  const sizes = metrics.histogram({ name: 'parley_sizes', help: 'Sizes' }, [1, 10]);
  for (let i = 0; i < count; i++) sizes.observe(5);
  return metrics;
}

const textOf = async (carried: Carried, answers: [number, Metrics | null][]) => {
  const snapshots = answers.map(
    async ([pid, metrics]) => [pid, (await metrics?.snapshot()) ?? null] as const,
  );
  return (await expose(await carried.with(new Map(await Promise.all(snapshots))))).text;
};

describe('metrics of several processes', () => {
  it('add up, and what only grows does not fall when one of them ends', async () => {
    const carried = new Carried();
    const [first, second, third] = [processWith(3), processWith(4), processWith(1)];
    const before = await textOf(carried, [[1, first], [2, second]]); // prettier-ignore
    expect(before).toContain('parley_things_total{kind="a"} 7');
    expect(before).toContain('parley_connections 2');
    expect(before).toContain('parley_sizes_bucket{le="10"} 7');
    const without = await textOf(carried, [[2, second]]);
    expect(without).toContain('parley_things_total{kind="a"} 7');
    expect(without).toContain('parley_connections 1');
    const after = await textOf(carried, [[2, second], [3, third]]); // prettier-ignore
    expect(after).toContain('parley_things_total{kind="a"} 8');
    expect(after).toContain('parley_sizes_count 8');
    expect(after).toContain('parley_connections 2');
  });

  it('do not fall by a rounding when one ends', async () => {
    const carried = new Carried();
    const processes = [0.1, 0.2, 0.3, 0.7].map((seconds, pid): [number, Metrics] => {
      const metrics = new Metrics();
      metrics.counter({ name: 'parley_seconds_total', help: 'Seconds' }, () => seconds);
      return [pid, metrics];
    });
    const sums: string[] = [];
    for (let ended = 0; ended <= processes.length; ended++) {
      sums.push(await textOf(carried, processes.slice(ended)));
    }
    expect(new Set(sums.map((text) => /parley_seconds_total (\S+)/.exec(text)?.[1])).size).toBe(1);
  });

  it('take of one that is busy what it said last', async () => {
    const carried = new Carried();
    const metrics = processWith(3);
    await textOf(carried, [[1, metrics]]);
    expect(await textOf(carried, [[1, null]])).toContain('parley_things_total{kind="a"} 3');
  });

  it('are read for one at a time, and who asks meanwhile gets the same', async () => {
    const answers: ((n: number) => void)[] = [];
    const read = oneAtATime(() => new Promise<number>((resolve) => answers.push(resolve)));
    const both = [read(), read()];
    expect(answers).toHaveLength(1);
    answers[0]!(1);
    expect(await Promise.all(both)).toEqual([1, 1]);
    const next = read();
    answers[1]!(2);
    expect(await next).toBe(2);
  });

  it('are in the form that is asked for', async () => {
    const snapshots = [await processWith(2).snapshot()];
    const open = await expose(snapshots, 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
    expect(open.contentType).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    expect(open.text).toContain('# TYPE parley_things counter\nparley_things_total{kind="a"} 2\n');
    expect(open.text.endsWith('# EOF\n')).toBe(true);
    const plain = await expose(snapshots, '*/*');
    expect(plain.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(plain.text).toContain('# TYPE parley_things_total counter\nparley_things_total{kind="a"} 2\n');
  });
});
