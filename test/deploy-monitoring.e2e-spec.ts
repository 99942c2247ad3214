import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { Person } from './support/person';
import { removeDataDirs, ServerProcess } from './support/server-process';

jest.setTimeout(120_000);

const MONITORING = join(__dirname, '../deploy/monitoring');
const read = (file: string) => readFileSync(join(MONITORING, file), 'utf8');

interface Rule {
  alert: string;
  expr: string;
  annotations: { summary: string; description: string };
}

const rules: Rule[] = parse(read('alerts.yml')).groups.flatMap((group: { rules: Rule[] }) => group.rules);
const dashboard = JSON.parse(read('grafana-dashboard.json'));
const charts: any[] = dashboard.panels.filter((panel: any) => panel.type !== 'row');
const drawn: string[] = charts.flatMap((panel) => panel.targets.map((target: any) => target.expr));

/** What an expression asks for: `metric` and the labels that it names, of any metric in it. */
function askedBy(expression: string) {
  const text = expression.replaceAll('$__rate_interval', '5m').replaceAll('$job', 'parley');
  const [metrics, labels, errors] = [new Set<string>(), new Set<string>(), [] as string[]];
  parser.parse(text).iterate({
    enter(node) {
      const here = text.slice(node.from, node.to);
      if (node.type.isError) errors.push(`${text} at ${node.from}`);
      else if (node.name === 'Identifier') metrics.add(here);
      else if (node.name === 'LabelName') labels.add(here);
    },
  });
  return { metrics: [...metrics], labels: [...labels], errors };
}

const asked = [...rules.map((rule) => rule.expr), ...drawn].map((expression) => ({
  expression,
  ...askedBy(expression),
}));

describe('deploy/monitoring', () => {
  /** Of a server at which something has happened: all series, and labels by metric. */
  let series: Map<string, Set<string>>;

  beforeAll(async () => {
    const dir = await ServerProcess.dataDir();
    const server = await ServerProcess.start(dir, { METRICS_PORT: '0' });
    const { ann } = await Person.registerAll(server.url, 'ann');
    const socket = await ann.connect();
    await socket.request('ping');
    await socket.close();
    const text = await (await fetch(/Metrics +(\S+)/.exec(server.output)![1]!)).text();
    series = new Map([['up', new Set()]]);
    // With Redis only.
    series.set('parley_redis_up', new Set());
    for (const [, name] of text.matchAll(/^# TYPE (\S+)/gm)) series.set(name!, new Set());
    for (const [, name, labels = ''] of text.matchAll(/^(\w+)(?:\{(.*?)\})? /gm)) {
      const known = series.get(name!) ?? new Set();
      series.set(name!, known);
      for (const [, label] of labels.matchAll(/(\w+)="/g)) known.add(label!);
    }
    await server.end();
    await removeDataDirs(dir);
  });

  it('asks in PromQL', () => {
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.flatMap(({ errors }) => errors)).toEqual([]);
  });

  it('names only metrics that there are, and labels that they have', () => {
    // What Prometheus itself adds.
    const own = ['job', 'instance'];
    for (const { expression, metrics, labels } of asked) {
      expect([expression, metrics.filter((name) => !series.has(name))]).toEqual([expression, []]);
      const known = [...own, ...metrics.flatMap((name) => [...series.get(name)!])];
      expect([expression, labels.filter((label) => !known.includes(label))]).toEqual([expression, []]);
    }
  });

  it('shows every metric of Parley', () => {
    const shown = new Set(drawn.flatMap((expression) => askedBy(expression).metrics));
    const base = (name: string) => name.replace(/_(bucket|sum|count)$/, '');
    const hidden = [...series.keys()].filter(
      (name) => /^parley_/.test(name) && ![...shown].some((each) => base(each) === base(name)),
    );
    expect(hidden).toEqual([]);
  });

  it('says with every alert where to read on', () => {
    const operations = readFileSync(join(__dirname, '../docs/operations.md'), 'utf8');
    const sections = [...operations.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title!);
    for (const { alert, annotations } of rules) {
      const named = [...annotations.description.matchAll(/"([^"]+)"/g)].map(([, title]) => title!);
      expect([alert, named.length > 0, named.filter((title) => !sections.includes(title))]).toEqual([
        alert,
        true,
        [],
      ]);
    }
  });

  it('gives each panel a place of its own', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }: any) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(dashboard.panels.map((panel: any) => panel.id)).size).toBe(dashboard.panels.length);
  });
});
