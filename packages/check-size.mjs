// What an app has to load of the packages, and a browser of the chat page, minified and gzipped; fails when that is
// more than it may be.
import { build } from 'esbuild';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const packages = fileURLToPath(new URL('.', import.meta.url));
const KIB = 1024;

/** What is imported, and how many bytes it may be. */
const BUNDLES = [
  { what: 'ParleyClient', from: 'client', names: '{ ParleyClient }', most: 15 * KIB },
  {
    what: 'with IndexedDB, tabs and long polling',
    from: 'client',
    names: '{ ParleyClient, keepIn, indexedDbStorage, browserTabs, longPolling }',
    most: 18 * KIB,
  },
  { what: 'everything', from: 'client', names: '*', most: 20 * KIB },
  { what: 'hooks for React', from: 'react', names: '*', most: 1 * KIB },
];

/** All files of the page together. */
const PAGE = join(packages, '../web/dist');
const MOST_OF_PAGE = 100_000;

let isOver = false;
for (const { what, from, names, most } of BUNDLES) {
  const { outputFiles } = await build({
    stdin: { contents: `export ${names} from './${from}/dist/index.mjs'`, resolveDir: packages },
    alias: { '@parley/protocol': join(packages, 'protocol/dist/index.mjs') },
    external: ['react', '@parley/client'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  check(what, gzipped(outputFiles[0].contents), most);
}
const files = readdirSync(PAGE, { recursive: true }).map((name) => join(PAGE, name));
const ofPage = files.filter((file) => statSync(file).isFile()).map((file) => gzipped(readFileSync(file)));
check(
  'chat page, all its files',
  ofPage.reduce((sum, size) => sum + size, 0),
  MOST_OF_PAGE,
);

if (isOver) {
  console.error(
    'Something has grown over its size: make it smaller, or what is seldom needed an import of its own.',
  );
  process.exitCode = 1;
}

function gzipped(contents) {
  return gzipSync(contents, { level: 9 }).length;
}

function check(what, size, most) {
  console.log(`${what.padEnd(40)} ${String(size).padStart(6)} bytes of ${most} gzipped`);
  isOver ||= size > most;
}
