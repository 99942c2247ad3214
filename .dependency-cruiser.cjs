// Who may import whom: section 2 of the design. A folder that is not named here may not exist in src/.

const ground = ['config', 'common', 'database', 'metrics', 'limits', 'redis'];

/** Per feature, what it may import besides itself, the ground floor and packages/protocol. */
const floors = {
  connections: [],
  timeline: [],
  users: ['connections'],
  auth: ['users', 'connections'],
  conversations: ['users', 'timeline', 'connections'],
  receipts: ['conversations', 'timeline', 'connections'],
  presence: ['users', 'conversations', 'connections'],
  sync: ['users', 'receipts', 'conversations', 'timeline', 'connections'],
};
floors.chat = Object.keys(floors);
floors.admin = Object.keys(floors).filter((name) => name !== 'admin');
floors.health = Object.keys(floors).filter((name) => name !== 'admin' && name !== 'health');
floors.workers = [];

const spec = '\\.spec\\.ts$';
const anyOf = (names) => `^src/(${names.join('|')})/`;
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** Files of tools that look inside of the server. */
const INSIDE = [
  'openapi',
  'check-migrations',
  'accounts/server-side',
  'accounts/api-keys',
  'asyncapi/inputs',
  'support/preview-app',
];

const directions = [
  ...Object.entries(floors).map(([name, below]) =>
    rule(
      `src-${name}`,
      `${name} may import ${[...below, 'the ground floor'].join(', ')}.`,
      { path: `^src/${name}/`, pathNot: spec },
      { path: '^src/[^/]+/', pathNot: anyOf([name, ...below, ...ground]) },
    ),
  ),
  rule(
    'src-ground-floor',
    `The ground floor (${ground.join(', ')}) knows no feature.`,
    { path: anyOf(ground), pathNot: spec },
    { path: '^src/[^/]+/', pathNot: anyOf(ground) },
  ),
  rule(
    'src-unknown-folder',
    'Give the folder its place in the design and in .dependency-cruiser.cjs.',
    { path: '^src/[^/]+/', pathNot: anyOf([...ground, ...Object.keys(floors)]) },
    {},
  ),
  rule(
    'src-app-is-the-top',
    'The files of src/ itself import everything; nothing in its folders imports them.',
    { path: '^src/[^/]+/', pathNot: spec },
    { path: '^src/[^/]+\\.ts$' },
  ),
  rule(
    'src-stands-alone',
    'src/ knows packages/protocol, and nothing else outside itself.',
    { path: '^src/', pathNot: spec },
    { path: '^(packages/(?!protocol/)|@parley/(?!protocol)|test/|tools/|bench/|web/)' },
  ),
  rule(
    'specs-use-test-support',
    'A spec in src/ may use test/support/, and nothing else outside.',
    { path: `^src/.*${spec}` },
    { path: '^(packages/(?!protocol/)|@parley/(?!protocol)|test/(?!support/)|tools/|bench/|web/)' },
  ),
  rule(
    'outside-speaks-the-wire',
    'web, bench and tools reach the server through packages/client; a few tools look inside.',
    { path: '^(web|bench|tools)/', pathNot: `^tools/(${INSIDE.join('|')})\\.ts$` },
    { path: '^src/' },
  ),
  rule(
    'client-knows-protocol-only',
    'packages/client → packages/protocol.',
    { path: '^packages/client/', pathNot: spec },
    { path: '^(src|test|tools|bench|web|packages/(?!client/|protocol/))' },
  ),
  rule(
    'react-knows-client-only',
    'packages/react → packages/client → packages/protocol.',
    { path: '^packages/react/', pathNot: spec },
    { path: '^(src|test|tools|bench|web|packages/(?!react/|client/|protocol/))' },
  ),
  rule(
    'web-knows-client-only',
    'web → packages/client → packages/protocol: the page is made of what every client has.',
    { path: '^web/', pathNot: spec },
    { path: '^(src|test|tools|bench|packages/(?!client/|protocol/))' },
  ),
  rule(
    'protocol-depends-on-nothing',
    'packages/protocol has no runtime dependency, not even Node.',
    { path: '^packages/protocol/src/', pathNot: spec },
    { pathNot: '^packages/protocol/src/' },
  ),
];

const habits = [
  rule('no-cycle', 'Two files that need each other hide a third.', {}, { circular: true }),
  rule(
    'no-orphan',
    'Nothing imports it, and it imports nothing.',
    {
      orphan: true,
      path: '\\.tsx?$',
      pathNot: ['\\.d\\.ts$', '^[^/]+\\.ts$', '^(tools|bench)/[^/]+\\.ts$', '^test/'],
    },
    {},
  ),
  rule(
    'no-barrel',
    'Import the file that has it: no index.ts in src/.',
    { path: '^src(/|/.*/)index\\.ts$' },
    {},
  ),
  rule(
    'service-below-doors',
    'A service knows no controller, gateway or socket.',
    { path: '^src/.*\\.service\\.ts$' },
    { path: '\\.(controller|gateway)\\.ts$|^node_modules/(@types/)?ws/' },
  ),
  rule(
    'ws-in-connections',
    'A raw socket stays in src/connections/.',
    { path: '^src/', pathNot: ['^src/connections/', spec] },
    { path: '^node_modules/(@types/)?ws/' },
  ),
  rule(
    'redis-in-redis',
    'The Redis packages stay in src/redis/ and in files named redis-*.ts.',
    { path: '^src/', pathNot: ['^src/redis/', '/redis-[^/]+\\.ts$', spec] },
    { path: '^node_modules/(redis|@redis|cache-manager-redis-yet)/' },
  ),
  rule(
    'entity-in-its-folder',
    'No relation from one folder to another: keep the id.',
    { path: '^src/([^/]+)/.*\\.entity\\.ts$' },
    { path: '\\.entity\\.ts$', pathNot: '^src/$1/' },
  ),
  rule(
    'no-dev-dependency',
    'What the server needs at run time belongs in dependencies.',
    { path: '^(src|packages/[^/]+/src)/', pathNot: spec },
    { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '^node_modules/@types/' },
  ),
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [...directions, ...habits],
  options: {
    doNotFollow: { path: ['^node_modules/', '(^|/)dist/'] },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
