// Installs and builds what is missing, and tells of it on stderr: the stdout of a tool may be piped.
// Runs before node_modules exists: nothing but Node here.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** What the build reads; a change in it means to build again. */
const SOURCES = [
  'src',
  'tools',
  'bench',
  'docs/asyncapi.json',
  'docs/openapi.json',
  'ormconfig.ts',
  'package.json',
  'nest-cli.json',
  'tsconfig.json',
].concat(
  ['tsconfig.build.json', 'packages/build.mjs'],
  ['src', 'public', 'index.html', 'package.json', 'tsconfig.json', 'vite.config.mts'].map(
    (file) => `web/${file}`,
  ),
  ['protocol', 'client', 'react'].flatMap((name) =>
    ['src', 'package.json', 'tsconfig.json'].map((file) => `packages/${name}/${file}`),
  ),
);
const OUTPUTS = ['dist/src/main.js', 'web/dist/index.html'].concat(
  ['protocol', 'client', 'react'].flatMap((name) =>
    ['index.js', 'index.mjs'].map((file) => `packages/${name}/dist/${file}`),
  ),
);
/** Its time is when the last whole build began. */
const STAMP = join(root, 'dist/.built');

/** Makes node_modules match package-lock.json. */
export function install() {
  if (installed()) return;
  console.error('Installing packages: npm ci');
  run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** Builds packages and server when a source is newer than the last build. */
export function build() {
  if (built()) return;
  console.error('Building: npm run build');
  const began = new Date();
  run('npm', ['run', '--silent', 'build']);
  writeFileSync(STAMP, '');
  utimesSync(STAMP, began, began);
}

/** Runs a program in the project's folder; ends this process with its exit code when it fails. */
function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ['inherit', 2, 2] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

// Contents, not times: git and file copies shuffle those. The optional ones of other platforms are never there.
function installed() {
  const hidden = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(hidden)) return false;
  const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const found = packagesOf(hidden);
  const folders = Object.keys(wanted).filter((folder) => folder.startsWith('node_modules/'));
  return (
    Object.keys(found).every((folder) => folder in wanted) &&
    folders.every((folder) => {
      if (!(folder in found)) return Boolean(wanted[folder].optional);
      return (
        wanted[folder].version === found[folder].version &&
        wanted[folder].integrity === found[folder].integrity
      );
    })
  );
}

function built() {
  if (!existsSync(STAMP) || !OUTPUTS.every((file) => existsSync(join(root, file)))) return false;
  return Math.max(...SOURCES.map((path) => newest(join(root, path)))) < statSync(STAMP).mtimeMs;
}

/** The latest change in a file or folder; a folder's own time tells of deleted files. */
function newest(path) {
  if (!existsSync(path) || path.endsWith('.spec.ts')) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
