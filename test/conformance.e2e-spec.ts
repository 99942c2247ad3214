import { type Lie, LyingProxy } from './support/lying-proxy';
import { runTool } from './support/run-tool';
import { removeDataDirs, ServerProcess } from './support/server-process';

let server: ServerProcess;

beforeAll(async () => {
  server = await ServerProcess.start(await ServerProcess.dataDir(), {
    HEARTBEAT_SECONDS: '1',
    LOG_LEVEL: 'error',
  });
}, 60_000);
afterAll(async () => {
  await server.end();
  await removeDataDirs(server.dataDir);
});

const conformance = (url: string, ...args: string[]) =>
  runTool('conformance', ['--url', url, ...args], {}, process.cwd());

interface Message {
  seq: number;
}
type Frame = Record<string, unknown> & { data?: { message?: Message } };

/** How a server may break its word, and by what it is to be found out. */
const LIES: [what: string, section: string, lie: Lie, named: RegExp][] = [
  [
    'leaves a push out',
    'What is guaranteed',
    { frames: (frame) => (isNew(frame, 5) ? [] : [frame]) },
    /seq is 1, 2, 3… .*: message\.created of 5 did not come before 6/,
  ],
  [
    'tells a push twice',
    'What is guaranteed',
    { frames: (frame) => (isNew(frame, 5) ? [frame, frame] : [frame]) },
    /message 5 comes after message 5 of the same conversation/,
  ],
  [
    'answers twice',
    'Client events',
    { frames: (frame) => (frame.event === 'reply' ? [frame, frame] : [frame]) },
    /a second reply to the ref 1/,
  ],
  [
    'calls a property otherwise',
    'Server events',
    { frames: (frame) => [renamed(frame)] },
    /message\.updated: .*must have required property 'version'/,
  ],
  [
    'says of an error that it passes',
    'Frames',
    { frames: (frame) => [retryable(frame)] },
    /retryable of event_unknown is true instead of false/,
  ],
  [
    'closes with another code',
    'Accounts',
    { close: (code) => (code === 4409 ? 4401 : code) },
    /logging out ends the session at once: the close is .*4401.* instead of .*4409/,
  ],
];

function isNew(frame: Frame, seq: number): boolean {
  return frame.event === 'message.created' && frame.data?.message?.seq === seq;
}

function renamed(frame: Frame): Frame {
  if (frame.event !== 'message.updated') return frame;
  return JSON.parse(JSON.stringify(frame).replaceAll('"version":', '"revision":')) as Frame;
}

function retryable(frame: Frame): Frame {
  return JSON.parse(JSON.stringify(frame).replace('"retryable":false', '"retryable":true')) as Frame;
}

describe('npm run conformance', () => {
  it('finds nothing in the server as it is built', async () => {
    const { stdout, stderr, code } = await conformance(server.url);
    expect(stdout.split('\n').filter((line) => line.includes('DIFFERS'))).toEqual([]);
    expect(stdout).toMatch(/^\d+ promises kept, 0 not, 2 not checked$/m);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  }, 120_000);

  it.each(LIES)(
    'names what differs where a server %s',
    async (_what, section, lie, named) => {
      const proxy = await LyingProxy.start(server.url, lie);
      const { stdout, code } = await conformance(proxy.url, '--only', section, '--patience', '3');
      await proxy.stop();
      const [heading] = stdout.split('\n').filter(Boolean);
      expect(heading!.startsWith(section)).toBe(true);
      expect(
        stdout
          .split('\n')
          .filter((line) => line.includes('DIFFERS'))
          .join('\n'),
      ).toMatch(named);
      expect(code).toBe(1);
    },
    120_000,
  );

  it('finds nothing through a proxy that is honest', async () => {
    const proxy = await LyingProxy.start(server.url, {});
    const { stdout, code } = await conformance(proxy.url, '--only', 'Server events');
    await proxy.stop();
    expect({ stdout: stdout.includes('DIFFERS'), code }).toEqual({ stdout: false, code: 0 });
  }, 60_000);

  it('says in a sentence that there is no server, or no such section', async () => {
    const nobody = 'http://127.0.0.1:9';
    const none = await conformance(nobody);
    expect(none.stderr).toBe(
      `No Parley answers at ${nobody}: start one with npm start, or name another with --url.\n`,
    );
    const odd = await conformance(server.url, '--only', 'Poetry');
    expect(odd.stderr).toMatch(/^docs\/protocol\.md has no section Poetry\.\nUsage: npm run conformance/);
    expect([none.code, odd.code]).toEqual([2, 2]);
  });
});
