import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeDataDirs, ServerProcess } from './support/server-process';

const ROOT = join(__dirname, '..');
const ADDRESS = 'localhost:3000';

let server: ServerProcess;

beforeAll(async () => {
  server = await ServerProcess.start(await ServerProcess.dataDir());
});
afterAll(async () => {
  await server.end();
  await removeDataDirs(server.dataDir);
});

/** What a reader pastes: the bash blocks of the section, in their order. */
function firstChat(): string {
  const section = readFileSync(join(ROOT, 'README.md'), 'utf8')
    .split(/^## /m)
    .find((part) => part.startsWith('The same without a browser\n'));
  const blocks = [...(section ?? '').matchAll(/^```bash\n([\s\S]*?)^```$/gm)];
  return blocks.map((match) => match[1]).join('\n');
}

/** Runs a script in one bash in the project's folder, as a terminal would. */
async function bash(script: string): Promise<{ lines: string[]; stderr: string; code: number }> {
  const { PATH, HOME } = process.env;
  const child = spawn('bash', ['-c', script], { cwd: ROOT, env: { PATH, HOME } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { lines: stdout.trim().split('\n'), stderr, code };
}

describe('the first chat of the README', () => {
  it('works as it is pasted', async () => {
    const script = firstChat();
    expect(script).toContain(`http://${ADDRESS}`);
    expect(script).toContain(`ws://${ADDRESS}`);
    const { lines, stderr, code } = await bash(script.replaceAll(ADDRESS, new URL(server.url).host));
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });

    const [sent, again, history] = lines.slice(0, 3).map((line): any => JSON.parse(line));
    expect(sent).toMatchObject({ message: { seq: 1, text: 'Hello Bob' }, duplicate: false });
    expect(again).toEqual({ message: sent.message, duplicate: true });
    expect(history).toEqual({ messages: [sent.message], more: false });
    // Two sockets: which of the two is written first is for the network to say.
    expect(lines.slice(3).sort()).toEqual([
      'Ann was answered: stored',
      'Bob has read up to message 2',
      'Bob received message 2: Hello over the socket',
    ]);
  });
});
