import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith } from './support/require-program';
import { runTool, urlOf } from './support/run-tool';
import { startApp } from './support/start-app';

const PATIENCE_MS = 180_000;
/** Short here; as long as one likes with `DELIVERY_SECONDS=600 DELIVERY_CLIENTS=50 npm test -- test/check-delivery`. */
const { DELIVERY_SECONDS, DELIVERY_CLIENTS = '12', DELIVERY_SEED = '4711' } = process.env;
/** Among several servers each kind of fault takes its time. */
const [ALONE_SECONDS, AMONG_SECONDS] = [DELIVERY_SECONDS ?? '16', DELIVERY_SECONDS ?? '24'];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-check-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What is wrong in the end, by kind; the whole report when that is not there. */
function verdictOf({ stdout, stderr }: { stdout: string; stderr: string }) {
  const table = stdout.split(/^verdict .*$/m)[1];
  if (table === undefined) return `${stdout}${stderr}`;
  const rows = [...table.matchAll(/^(\w+) +(\d+) {2}/gm)];
  const wrong = rows.filter(([, , count]) => count !== '0').map(([, kind, count]) => `${kind} ${count}`);
  return wrong.length === 0 && rows.length > 0 ? 'nothing' : `${wrong.join(', ')}\n${stdout}${stderr}`;
}

async function expectNothing(seconds: string, ...more: string[]) {
  const args = ['--seconds', seconds, '--clients', DELIVERY_CLIENTS, '--seed', DELIVERY_SEED, ...more];
  const output = await runTool('check-delivery', args, {}, folder);
  expect(verdictOf(output)).toBe('nothing');
  expect(output.stdout).toMatch(new RegExp(`^seed ${DELIVERY_SEED}: `));
  expect(output.stdout).toMatch(/\nhalf-open +\d+\n/);
  expect(output).toMatchObject({ stderr: '', code: 0 });
  return output;
}

it(
  `nothing is lost, doubled, out of order or stale after ${ALONE_SECONDS} s of all faults, seed ${DELIVERY_SEED}`,
  async () => {
    const { stdout } = await expectNothing(ALONE_SECONDS);
    expect(stdout).toMatch(/\n(server|db)-[a-z-]+ +\d+\n/);
  },
  PATIENCE_MS + Number(ALONE_SECONDS) * 1_000,
);

describeWith('redis-server', 'among three servers', () => {
  it(
    `nothing is either after ${AMONG_SECONDS} s of all faults, seed ${DELIVERY_SEED}`,
    async () => {
      const { stdout } = await expectNothing(AMONG_SECONDS, '--servers', '3');
      expect(stdout).toMatch(/\n(server|node|db)-[a-z-]+ +\d+\n/);
      expect(stdout).toMatch(/\nredis-[a-z-]+ +\d+\n/);
    },
    PATIENCE_MS + Number(AMONG_SECONDS) * 1_000,
  );
});

it(
  'checks a server that runs already, by its sockets, and compares its database',
  async () => {
    const server = await startApp({ HEARTBEAT_SECONDS: '2' });
    try {
      const args = ['--url', server.url, '--seconds', '4', '--clients', '6', '--seed', '7'];
      const settings = {
        DATABASE_URL: urlOf(server.database),
        JWT_SECRET: 'x'.repeat(16) + '0123456789abcdef',
      };
      const output = await runTool('check-delivery', args, settings, folder);
      expect(verdictOf(output)).toBe('nothing');
      expect(output.stdout).toContain(
        "Not inflicted on a server that is not the checker's own: server-kill,",
      );
      expect(output.stdout).not.toContain('not compared');
      expect(output).toMatchObject({ stderr: '', code: 0 });
      const [{ messages }] = await server.source.query<[{ messages: string }]>(
        `SELECT count(*) AS messages FROM message`,
      );
      expect(output.stdout).toContain(` conversations, ${messages} messages stored`);
    } finally {
      await server.stop();
    }
  },
  PATIENCE_MS,
);

it('says what it cannot do in a sentence', async () => {
  const run = (...args: string[]) => runTool('check-delivery', args, {}, folder);
  expect(await run('--faults', 'flood')).toMatchObject({
    ...{
      code: 2,
      stderr: expect.stringMatching(/^There is no fault "flood": name none, all, or some of cut,/),
    },
  });
  expect(await run('--clients', '1')).toMatchObject({ code: 2 });
  expect(await run('--faults', 'rolling')).toMatchObject({
    ...{ code: 2, stderr: expect.stringContaining('One server knows no rolling') },
  });
  expect(await run('--with', 'none')).toMatchObject({
    ...{ code: 2, stderr: expect.stringContaining('--with is one of model, client, both') },
  });
  expect(await run('--url', 'http://127.0.0.1:9')).toMatchObject({
    ...{ code: 2, stderr: expect.stringContaining('No Parley answers at http://127.0.0.1:9') },
  });
});
