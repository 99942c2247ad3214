// Loaded into the server by start.mjs. A launcher that is killed outright can pass nothing on: the server goes with it.
// Its workers are started with the same options; their channel leads to the server, and its end they deal with.
if (require('node:cluster').isPrimary) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel.unref();
}
