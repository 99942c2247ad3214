import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  // Where the packages are found.
  const folder = await mkdtemp(join(ROOT, 'dist/client-docs-'));
  const server = await startApp();
  await writeFile(join(folder, 'echo.mjs'), outputText);
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
