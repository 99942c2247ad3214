// Loaded into the server by start.mjs. A launcher that is killed outright can pass nothing on: the server goes with it.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel.unref();
