// What an app has to load of the packages, minified and gzipped; fails when that is more than it may be.
import { build } from 'esbuild';
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
    names: '{ ParleyClient, indexedDbStorage, browserTabs, longPolling }',
    most: 18 * KIB,
  },
  { what: 'everything', from: 'client', names: '*', most: 20 * KIB },
  { what: 'hooks for React', from: 'react', names: '*', most: 1 * KIB },
];

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
  const size = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  console.log(`${what.padEnd(40)} ${String(size).padStart(6)} bytes of ${most} gzipped`);
  isOver ||= size > most;
}
if (isOver) {
  console.error(
    'A package has grown over its size: make it smaller, or what is seldom needed an import of its own.',
  );
  process.exitCode = 1;
}
