import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { call } from './support/person';
import { runTool, urlOf } from './support/run-tool';
import { startApp, type TestApp } from './support/start-app';

const JWT_SECRET = 'the secret of a server whose tools are tried';

const DAY = [
  { day: '2004-12-25', time: '09:14', nick: 'crimsun', text: "kleedrac: I'm afraid not." },
  { day: '2004-12-25', nick: '|QuaD-', event: 'joined' },
  { day: '2004-12-25', time: '09:14', nick: 'kleedrac', text: 'crimsun: Hmmm ... I wonder why' },
  { day: '2004-12-25', time: '09:15', nick: 'crimsun', text: 'good question.' },
  { day: '2004-12-25', nick: 'crimsun', event: 'left' },
  { day: '2004-12-25', time: '09:16', nick: '|QuaD-', text: 'crimsun: are you there?' },
  { day: '2004-12-25', time: '09:17', nick: 'crimsun', text: '' },
  { day: '2004-12-25', time: '09:17', nick: 'crimsun', text: 'I am back' },
];
const DIALOGUE = [
  { dialogue: '11290', turn: 0, from: 'usr', text: '你好' },
  { dialogue: '11290', turn: 1, from: 'sys', text: '抱歉' },
  { dialogue: '11290', turn: 2, from: 'usr', text: '好的' },
];

let app: TestApp;
let folder: string;

beforeAll(async () => {
  app = await startApp({ JWT_SECRET });
  folder = await mkdtemp(join(tmpdir(), 'parley-tools-'));
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a tool with the settings of the server. */
function run(tool: string, args: string[], settings: Record<string, string> = {}) {
  const env = { DATA_DIR: join(folder, 'data'), JWT_SECRET, DATABASE_URL: urlOf(app.database), ...settings };
  return runTool(tool, args, env, folder);
}

async function recording(lines: object[], gzipped = false): Promise<string> {
  const file = join(folder, 'recording');
  const text = lines.map((line) => JSON.stringify(line)).join('\n');
  await writeFile(file, gzipped ? gzipSync(text) : text);
  return file;
}

describe('npm run users', () => {
  it('makes accounts whose tokens and password are good', async () => {
    const { stdout, stderr, code } = await run('users', ['--count', '3', '--url', app.url]);
    expect({ stderr, code }).toEqual({ stderr: expect.stringContaining('3 accounts in'), code: 0 });
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(3);
    const people = await Promise.all(
      lines.map(async (line) => {
        const [userId, token] = line.split(' ');
        const { status, body } = await call(app.url, 'GET', '/v1/users/me', undefined, token);
        expect({ status, id: body.id }).toEqual({ status: 200, id: userId });
        return body as { username: string };
      }),
    );
    const password = /password (\S+),/.exec(stderr)?.[1];
    const login = { username: people[0]?.username, password };
    expect((await call(app.url, 'POST', '/v1/auth/login', login)).body).toMatchObject({ user: people[0] });
  });

  it('writes them to a file, for nobody else to read', async () => {
    const out = join(folder, 'users.txt');
    const { stdout, code } = await run('users', ['--count', '2', '--prefix', 'bench', '--out', out]);
    expect({ stdout, code }).toEqual({ stdout: '', code: 0 });
    expect(await readFile(out, 'utf8')).toMatch(/^(\S+ \S+\n){2}$/);
  });

  it.each([
    [['--count', '0'], '--count must be a whole number from 1'],
    [[], 'Say how many with --count'],
    [['--count', '2', '--prefix', 'A b'], '--prefix must be short'],
    [['--cuont', '2'], "Unknown option '--cuont'"],
  ])('says what is wrong with %j', async (args, complaint) => {
    const { stderr, code } = await run('users', args);
    expect({ stderr, code }).toEqual({ stderr: expect.stringContaining(complaint), code: 2 });
    expect(stderr).not.toContain('    at ');
  });

  it('says that there is no database', async () => {
    const { stderr, code } = await run('users', ['--count', '1'], { DATABASE_URL: '' });
    expect({ stderr, code }).toEqual({
      stderr: expect.stringMatching(/^No database runs in .*\n$/),
      code: 2,
    });
  });
});

describe('npm run replay', () => {
  it('plays a day of a channel, and finds everything where it should be', async () => {
    const { stdout, stderr, code } = await run('replay', [await recording(DAY, true), '--url', app.url]);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toContain('5 messages of 3 people in 1 conversations; 1 empty lines are left out');
    expect(stdout).toContain('4 accounts minted in its database');
    expect(stdout).toContain('sent 5, stored 5;');
    expect(stdout).toMatch(/\nlost 0, duplicated 0, reordered 0\n$/);
    const stored = await app.source.query<{ text: string; mentions: string[] | null }[]>(
      `SELECT text, mentions FROM message WHERE kind = 'text' ORDER BY seq`,
    );
    expect(stored.map(({ text }) => text)).toEqual(DAY.flatMap(({ text }) => text || []));
    expect(stored.map(({ mentions }) => mentions?.length ?? 0)).toEqual([0, 1, 0, 0, 0]);
  });

  it('plays dialogues, with registered accounts where the database is out of reach', async () => {
    const args = [await recording(DIALOGUE), '--url', app.url, '--rate', '100'];
    const { stdout, stderr, code } = await run('replay', args, { DATABASE_URL: '' });
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toContain('3 accounts registered');
    expect(stdout).toContain('sent 3, stored 3; to be received 6, received 6');
    expect(stdout).toMatch(/\nlost 0, duplicated 0, reordered 0\n$/);
  });

  it('says in a sentence that there is no such file, and no server', async () => {
    expect(await run('replay', ['nowhere.jsonl', '--url', app.url])).toEqual({
      ...{ stdout: '', stderr: 'There is no file nowhere.jsonl.\n', code: 2 },
    });
    const nobody = 'http://127.0.0.1:9';
    expect(await run('replay', [await recording(DAY), '--url', nobody])).toEqual({
      stdout: '',
      stderr: `No Parley answers at ${nobody}: start one with npm start, or name another with --url.\n`,
      code: 2,
    });
  });
});
