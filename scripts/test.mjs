// `npm test`: installs and builds what is missing, runs jest, and ends with one line of counts.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, install, root } from './prepare.mjs';

// Printed last whatever happens, also when the build ends this process.
let counts = '0 passed, 1 failed';
process.on('exit', () => console.log(counts));

install();
build();

const folder = mkdtempSync(join(tmpdir(), 'parley-test-'));
const report = join(folder, 'results.json');
const { status } = spawnSync(
  process.execPath,
  ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${report}`, ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
const results = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
rmSync(folder, { recursive: true });

// A suite that could not be loaded, or a run that never began, has no failed test to count.
const {
  numPassedTests = 0,
  numFailedTests = 0,
  numRuntimeErrorTestSuites = 0,
  numPendingTests = 0,
} = results;
const failed = Math.max(numFailedTests + numRuntimeErrorTestSuites, status === 0 ? 0 : 1);
const skipped = numPendingTests + (results.numTodoTests ?? 0);

for (const sentence of missingPrograms(results)) console.log(sentence);
counts = `${numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
process.exitCode = failed > 0 ? status || 1 : 0;

/** The sentences that test/support/require-program.ts puts into the titles of suites it skips. */
function missingPrograms({ testResults = [] }) {
  const titles = testResults
    .flatMap((suite) => suite.assertionResults)
    .filter((test) => test.status === 'pending')
    .flatMap((test) => test.ancestorTitles)
    .filter((title) => title.includes('skipped: '));
  return new Set(titles);
}
