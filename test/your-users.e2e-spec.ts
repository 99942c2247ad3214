import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { ParleyClient, type ParleyClientOptions } from '@parley/client';
import { WebSocket } from 'ws';
import { readEnv } from '../src/config/env';
import { call } from './support/person';
import { urlOf } from './support/run-tool';
import { startApp, type TestApp } from './support/start-app';
import { TestIssuer } from './support/test-issuer';
import { eventually } from './support/until';

const ROOT = join(__dirname, '..');
const page = readFileSync(join(ROOT, 'docs/your-users.md'), 'utf8');

/** Node before 22 has no WebSocket of its own. */
class OnNode extends ParleyClient {
  constructor(options: ParleyClientOptions) {
    super({ ...options, WebSocket });
  }
}

let issuer: TestIssuer;
let server: TestApp;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  server = await startApp(issuer.settings);
});
afterAll(async () => {
  await server.stop();
  await issuer.down();
});

function blocks(language: string): string {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))]
    .map((match) => match[1])
    .join('\n');
}

/** Runs a script in one bash, as the page has it but for addresses, and the tool as it was built. */
async function bash(script: string): Promise<{ lines: string[]; stderr: string; code: number }> {
  const env = { PATH: process.env.PATH, NODE_ENV: 'test', DATABASE_URL: urlOf(server.database) };
  const child = spawn('bash', ['-c', script], { cwd: ROOT, env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { lines: stdout.split('\n').filter(Boolean), stderr, code };
}

describe('docs/your-users.md', () => {
  it('has settings that can be used', () => {
    const settings = Object.fromEntries(
      blocks('ini')
        .split('\n')
        .filter((line) => /^[A-Z]/.test(line))
        .map((line) => line.split('=') as [string, string]),
    );
    const env = readEnv(settings);
    expect(env).toMatchObject({ passwords: false, registration: false, webPage: false });
    expect(env.issuer).toMatchObject({ issuer: settings.OIDC_ISSUER, audiences: [settings.OIDC_AUDIENCE] });
  });

  it('has a server make users and write to them, as it is pasted', async () => {
    const script = blocks('bash')
      .replace('npm run --silent api-keys --', 'node dist/tools/api-keys.js')
      .replace('http://localhost:3000', server.url);
    const { lines, stderr, code } = await bash(script);
    expect({ stderr, code }).toEqual({ stderr: expect.stringContaining('is shown this once'), code: 0 });
    const [ann, support, sent, again] = lines.map((line): any => JSON.parse(line));
    expect(ann).toMatchObject({ created: true, user: { username: 'ann.lee', displayName: 'Ann Lee' } });
    expect(sent).toMatchObject({ duplicate: false, message: { senderId: support.user.id } });
    expect(again).toEqual({ ...sent, duplicate: true });

    // And she, when she comes with a token of her own, is the one who was written to.
    const token = await issuer.token({ sub: 'customer-17', sid: 'a session begun after', iat: soon() });
    const { body } = await call(server.url, 'GET', '/v1/conversations', undefined, token);
    expect(body.items).toMatchObject([{ unread: 1, lastMessage: { text: 'Your parcel is on its way' } }]);
  });

  it('has an app open a chat with a token of the issuer', async () => {
    const code = blocks('js')
      .replace(/^import .*$/m, '')
      .replace('export ', '');
    const openChat = runInThisContext(`(ParleyClient) => { ${code}; return openChat; }`)(OnNode) as (
      url: string,
      getAccessToken: (how: { forceRefresh: boolean }) => Promise<string>,
    ) => ParleyClient;
    const client = openChat(server.url, () => issuer.token({ sub: 'customer-18', sid: 'one' }));
    await eventually(() => client.connection.getSnapshot().status === 'online');
    await client.stop();
  });
});

/** A token issued in the second in which all sessions were ended counts as one of before. */
function soon(): number {
  return Math.ceil(Date.now() / 1_000) + 1;
}
