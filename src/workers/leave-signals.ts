import cluster from 'node:cluster';

// Imported before all else, which takes its time to load: a Ctrl-C and a service manager's signals go to all
// processes, and when a worker ends is for the primary to say.
if (cluster.isWorker) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
}
