import './workers/leave-signals';
import 'reflect-metadata';
import cluster from 'node:cluster';
import { explain } from './explain';
import { runPrimary } from './primary';
import { startServer } from './server';
import { runWorker } from './workers/run-worker';

if (cluster.isWorker) runWorker(startServer, explain);
else runPrimary();
