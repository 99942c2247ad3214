import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as ts from 'typescript';
import { Person } from './support/person';
import { startApp } from './support/start-app';

const ROOT = join(__dirname, '..');
/** What the page uses of packages that are not installed here. */
const NATIVE = `
  declare module '@react-native-async-storage/async-storage' {
    const storage: {
      getAllKeys(): Promise<readonly string[]>;
      multiGet(keys: readonly string[]): Promise<readonly [string, string | null][]>;
      multiSet(entries: [string, string][]): Promise<void>;
      multiRemove(keys: readonly string[]): Promise<void>;
    };
    export default storage;
  }
  declare module '@react-native-community/netinfo' {
    const info: { addEventListener(listener: (state: { isConnected: boolean | null }) => void): () => void };
    export default info;
  }
  declare module 'react-native' {
    export const AppState: { addEventListener(event: 'change', listener: (state: string) => void): unknown };
  }
`;

interface Block {
  where: string;
  code: string;
  name: string;
}

// A compiler takes its time on a machine with others.
jest.setTimeout(120_000);

let blocks: Block[];

beforeAll(async () => {
  const page = await readFile(join(ROOT, 'docs/client.md'), 'utf8');
  blocks = [...page.matchAll(/^```(tsx?) (\w+)\n([\s\S]*?)^```$/gm)].map(([, kind, where, code], index) => ({
    ...{ where: where!, code: code!, name: join(ROOT, `client-docs-${index}.${kind}`) },
  }));
});

/** What the compiler says of blocks that are not on the disk. */
function problems(files: Map<string, string>, lib: string[], types: string[]): string[] {
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, types },
    ...{ moduleResolution: ts.ModuleResolutionKind.Bundler, jsx: ts.JsxEmit.ReactJSX, skipLibCheck: true },
    lib: lib.map((each) => `lib.${each}.d.ts`),
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile: read, getSourceFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? read(name);
  host.getSourceFile = (name, version, ...rest) => {
    const text = files.get(name);
    return text === undefined
      ? getSourceFile(name, version, ...rest)
      : ts.createSourceFile(name, text, version);
  };
  host.getCurrentDirectory = () => ROOT;
  const program = ts.createProgram([...files.keys()], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
}

it.each([
  ['browser', ['es2023', 'dom', 'dom.iterable'], []],
  ['node', ['es2023'], ['node']],
  // There is no DOM, and nothing that needs its types.
  ['native', ['es2023'], []],
  ['react', ['es2023', 'dom'], ['react']],
])('what the page shows for %s compiles', (where, lib, types) => {
  const files = new Map(blocks.filter((each) => each.where === where).map(({ name, code }) => [name, code]));
  expect(files.size).toBeGreaterThan(0);
  files.set(join(ROOT, 'client-docs-native.d.ts'), NATIVE);
  expect(problems(files, lib, types)).toEqual([]);
});

it('what the page shows for Node runs, with the packages as they are built', async () => {
  const { code } = blocks.find(({ where }) => where === 'node')!;
  // Where the packages are found.
  const folder = await mkdtemp(join(ROOT, 'dist/client-docs-'));
  const server = await startApp();
  await writeFile(join(folder, 'echo.mjs'), compiled(code));
  const echo = spawn(process.execPath, ['echo.mjs'], {
    ...{ cwd: folder, env: { PATH: process.env.PATH, PARLEY_URL: server.url } },
  });
  const exited = new Promise((resolve) => echo.once('exit', resolve));
  try {
    let output = '';
    for (const stream of [echo.stdout, echo.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const name = await new Promise<string>((resolve, reject) => {
      echo.stdout.on('data', () => {
        const [, found] = /^(\S+) listens$/m.exec(output) ?? [];
        if (found) resolve(found);
      });
      void exited.then(() => reject(new Error(output)));
    });
    const ann = await Person.register(server.url);
    const { items } = await ann.ok('GET', `/users?query=${name}`);
    const socket = await ann.connect();
    await ann.ok('POST', '/messages', { to: items[0].id, id: crypto.randomUUID(), text: 'Hello' });
    const answer = await socket.next('message.created', ({ message }) => message.senderId === items[0].id);
    expect(answer.message).toMatchObject({ text: 'You said: Hello', quote: { text: 'Hello' } });
    await ann.disconnect();
    echo.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(output).toBe(`${name} listens\n`);
  } finally {
    echo.kill('SIGKILL');
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

/** What React Native's packages do, as far as the page uses them: there is no phone here. */
const STAND_INS: Record<string, string> = {
  '@react-native-async-storage/async-storage': `
    export const kept = new Map();
    export default {
      getAllKeys: async () => [...kept.keys()],
      multiGet: async (keys) => keys.map((key) => [key, kept.get(key) ?? null]),
      multiSet: async (entries) => entries.forEach(([key, text]) => kept.set(key, text)),
      multiRemove: async (keys) => keys.forEach((key) => kept.delete(key)),
    };`,
  '@react-native-community/netinfo': 'export default { addEventListener: () => () => undefined };',
  'react-native': 'export const AppState = { addEventListener: () => undefined };',
};

it('what the page shows for React Native runs, on stand-ins for its packages', async () => {
  const { code } = blocks.find(({ where }) => where === 'native')!;
  const folder = await mkdtemp(join(ROOT, 'dist/client-docs-'));
  for (const [name, text] of Object.entries(STAND_INS)) {
    await mkdir(join(folder, 'node_modules', name), { recursive: true });
    await writeFile(
      join(folder, 'node_modules', name, 'package.json'),
      '{"type":"module","main":"index.js"}',
    );
    await writeFile(join(folder, 'node_modules', name, 'index.js'), text);
  }
  await writeFile(join(folder, 'native.mjs'), compiled(code));
  // As an app would: what was written before it was closed is there when it is opened again, without a server.
  const app = `
    import { WebSocket } from 'ws';
    import { kept } from '@react-native-async-storage/async-storage';
    import { startClient } from './native.mjs';
    globalThis.WebSocket ??= WebSocket;
    const getToken = async () => process.env.TOKEN;
    const shown = (client) => new Promise((resolve) => {
      const look = () => {
        const [conversation] = client.conversations.getSnapshot();
        if (conversation?.lastMessage) resolve(conversation.lastMessage.text);
      };
      client.conversations.subscribe(look);
      look();
    });
    const first = startClient(process.env.PARLEY_URL, getToken);
    console.log('read ' + (await shown(first)));
    await first.stop();
    console.log('kept ' + [...kept.keys()].every((key) => key.startsWith('parley/')));
    const again = startClient('http://127.0.0.1:9', getToken);
    console.log('shown ' + (await shown(again)));
    await again.stop();
    process.exit(0);`;
  await writeFile(join(folder, 'app.mjs'), app);
  const server = await startApp();
  try {
    const { ann, bob } = await Person.registerAll(server.url, 'ann', 'bob');
    await ann.ok('POST', '/messages', { to: bob.id, id: crypto.randomUUID(), text: 'Hello' });
    const env = { PATH: process.env.PATH, PARLEY_URL: server.url, TOKEN: bob.tokens.accessToken };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['app.mjs'], { cwd: folder, env });
    expect({ stdout, stderr }).toEqual({
      stdout: 'read Hello\nkept true\nshown Hello\n',
      stderr: '',
    });
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

function compiled(code: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(code, { compilerOptions }).outputText;
}
