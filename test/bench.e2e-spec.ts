import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from './support/run-tool';

jest.setTimeout(240_000);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-bench-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the built bench in a folder of its own. */
function bench(...args: string[]) {
  return runTool('../bench/run', args, {}, folder);
}

describe('npm run bench', () => {
  it('measures the server beside another one, and loses nothing', async () => {
    const json = join(folder, 'run.json');
    const { stdout, stderr, code } = await bench(
      'direct-1000',
      '--quick',
      '--peers',
      'ws+batch',
      '--json',
      json,
    );
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(/^This takes about \d+ min \d+ s\.$/m);
    expect(stdout).toMatch(/^direct-1000 took \d+ s\n\nIt took \d+ min \d+ s in all\.$/m);
    const { results } = JSON.parse(await readFile(json, 'utf8'));
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ scenario: 'direct-1000', sizes: ['parley', 'ws+batch'] });
    expect(results[0].seconds).toBeGreaterThan(0);
    const figure = (name: string) => results[0].figures.find((one: any) => one.name === name)?.values;
    for (const name of ['lost', 'duplicated', 'reordered', 'refused', 'unanswered', 'closed']) {
      expect({ name, values: figure(name) }).toEqual({ name, values: [0, 0] });
    }
    for (const name of ['sent', 'delivery p50', 'delivery max', 'answer p99', 'server memory']) {
      for (const value of figure(name)) expect(value).toBeGreaterThan(0);
    }
    const svg = await readFile(join(folder, 'run.svg'), 'utf8');
    expect(svg).toContain('server CPU per message');
  });

  it('says what it does not know', async () => {
    const results = await Promise.all([bench('rumours'), bench('idle', '--peers', 'rumours')]);
    for (const { stderr, code } of results) {
      expect(code).toBe(2);
      expect(stderr).toMatch(/There is no (scenario|peer) "rumours"\.\nUsage: npm run bench/);
    }
  });
});
