// `npm start`: installs and builds what is missing, then runs the server until it ends.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { build, install, root } from './prepare.mjs';

install();
build();

// In a session of its own the server hears Ctrl-C only through us; the terminal tells us, and npm tells us again.
const server = spawn(
  process.execPath,
  [
    '--max-semi-space-size=32',
    '--require',
    './scripts/dies-with-launcher.cjs',
    'dist/src/main.js',
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: ['inherit', 'inherit', 'inherit', 'ipc'], detached: true },
);

const SAME_SIGNAL_MS = 1_000;
let forwardedAt = -Infinity;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (performance.now() - forwardedAt < SAME_SIGNAL_MS) return;
    forwardedAt = performance.now();
    server.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  });
}

server.on('error', (error) => {
  console.error(`The server could not be started: ${error.message}`);
  process.exit(1);
});
server.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
