// `npm run keep-release [FOLDER]`: keeps of the build in FOLDER (default: this one) what the tests hold later
// versions against, in test/releases/<version>: the client, and what nodes and Redis have in common.
import { mkdirSync, mkdtempSync, chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { root } from './prepare.mjs';

/** With all that they require of their own. */
const SHARED = [
  'connections/bus/bus-codec',
  'connections/bus/bus-payload',
  'connections/bus/redis-bus',
  'redis/redis',
  'presence/redis-presence-store',
];
const PACKAGES = ['protocol', 'client'];

const from = resolve(process.argv[2] ?? root);
const require = createRequire(join(from, 'package.json'));
const { version } = require('./package.json');
const folder = join(root, 'test/releases', version);
const samples = JSON.parse(readFileSync(join(root, 'test/releases/samples.json'), 'utf8'));

rmSync(folder, { recursive: true, force: true });
for (const name of PACKAGES) keep(`packages/${name}/dist/index.js`, `${name}/index.js`);
for (const name of SHARED) keep(`dist/src/${name}.js`, `src/${name}.js`);
write('bus.json', recorded());
write('schema.json', await schema());
console.log(`Kept in ${relative(process.cwd(), folder)}`);

/** Copies a module and those that it requires, unless they come from elsewhere. */
function keep(source, target, seen = new Set()) {
  if (seen.has(source)) return;
  seen.add(source);
  const text = readFileSync(join(from, source), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
  mkdirSync(dirname(join(folder, target)), { recursive: true });
  // The protocol of this release, and not of whoever looks at it later.
  const own = relative(dirname(target), 'protocol/index.js');
  writeFileSync(
    join(folder, target),
    text.replaceAll("'@parley/protocol'", `'${own}'`).replaceAll('"@parley/protocol"', `"${own}"`),
  );
  for (const [, path] of text.matchAll(/require\("(\.[^"]+)"\)/g)) {
    const next = join(dirname(source), `${path.replace(/\.js$/, '')}.js`);
    keep(next, join(dirname(target), `${path.replace(/\.js$/, '')}.js`), seen);
  }
}

/** A message of each kind that this release knows, as it travels. */
function recorded() {
  const { encodeBusMessage } = require('./dist/src/connections/bus/bus-codec.js');
  const { Frame } = require('./dist/src/connections/frame.js');
  const revive = (_key, value) => (value?.event ? Frame.push(value.event, value.data) : value);
  const kinds = Object.entries(samples).map(([kind, sample]) => {
    try {
      return [kind, encodeBusMessage(JSON.parse(JSON.stringify(sample), revive)).toString('hex')];
    } catch {
      return [kind, undefined];
    }
  });
  return Object.fromEntries(kinds);
}

/** The tables as this release's migrations make them. */
async function schema() {
  const { startEmbeddedPostgres } = require('./dist/src/database/embedded-postgres/embedded-postgres.js');
  const { dataSourceOptions } = require('./dist/src/database/data-source-options.js');
  const { DataSource } = require('typeorm');
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-keep-'));
  // As root the database runs as another user, who has to get to it.
  chmodSync(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
  try {
    const source = await new DataSource(dataSourceOptions(postgres.connection, 2)).initialize();
    await source.runMigrations();
    const tables = await source.query(readFileSync(join(root, 'test/releases/schema.sql'), 'utf8'));
    await source.destroy();
    return tables;
  } finally {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function write(name, value) {
  writeFileSync(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
}
