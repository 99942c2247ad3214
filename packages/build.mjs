// Builds the ES modules beside what tsc made for require, in one file each, so that bundlers drop what is unused.
import { build } from 'esbuild';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('.', import.meta.url));

for (const name of ['protocol', 'client', 'react']) {
  const folder = join(packages, name);
  const { dependencies = {}, peerDependencies = {} } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  await build({
    entryPoints: [join(folder, 'src/index.ts')],
    outfile: join(folder, 'dist/index.mjs'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    external: [...Object.keys(dependencies), ...Object.keys(peerDependencies)],
    logLevel: 'warning',
  });
  // The types are the same; a file of this name tells TypeScript that they are those of an ES module.
  writeFileSync(join(folder, 'dist/index.d.mts'), "export * from './index.js';\n");
}
