// `npm run check`: every check, also after one has failed, and then what failed.
import { spawnSync } from 'node:child_process';
import { build, install, root } from './prepare.mjs';

const CHECKS = [
  ...['format', 'lint', 'imports', 'types', 'unused', 'size', 'licenses'],
  ...['migrations', 'openapi', 'asyncapi'],
];

install();
build();

const failed = CHECKS.filter((name) => {
  console.log(`\n== check:${name}`);
  return spawnSync('npm', ['run', '--silent', `check:${name}`], { cwd: root, stdio: 'inherit' }).status !== 0;
});

if (failed.length === 0) {
  console.log(`\ncheck: all ${CHECKS.length} passed`);
} else {
  console.log(`\ncheck failed: ${failed.join(', ')} (repeat one with "npm run check:${failed[0]}")`);
  process.exitCode = 1;
}
