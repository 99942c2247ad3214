import cluster from 'node:cluster';
import type { Server } from 'node:http';
import type { FromWorker, ToWorker } from './messages';
import { Reception } from './reception';

/** A server that runs in this process. */
export interface Serving {
  readonly httpServer: Server;
  readonly port: number;
  reloadTls(): void;
  /** What it counts, as JSON. */
  measure(): Promise<unknown>;
  /** Ends it in order. */
  close(): Promise<void>;
}

const SOCKETS_MS = 500;

/** Serves in a worker process until the primary says so; when that is gone, it ends in order by itself. */
export function runWorker<Handover>(
  serve: (handover: Handover) => Promise<Serving>,
  explain: (error: unknown) => string,
): void {
  let serving: Promise<Serving> | undefined;
  let reception: Reception | undefined;
  let ending = false;

  async function end(): Promise<void> {
    if (ending) return;
    ending = true;
    // A start that fails ends the process by itself.
    const closed = (async () => (await serving)?.close())();
    await closed.then(
      () => process.exit(0),
      (error: unknown) => fail(`It did not end cleanly. ${explain(error)}`),
    );
  }

  process.on('message', (message: ToWorker<Handover>) => {
    if (message.type === 'serve') {
      serving = start(serve, message.handover, explain);
      void serving.then(({ httpServer }) => (reception = new Reception(httpServer)));
    } else if (message.type === 'end') void end();
    else if (message.type === 'reload') void serving?.then((server) => server.reloadTls());
    else if (message.type === 'measure') void serving?.then((server) => measure(server, message.id));
    else if (reception) reception.accepting = message.on;
  });
  cluster.worker?.on('disconnect', () => {
    // Or Node ends the process before it could tell its clients.
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
    void end();
  });
}

async function start<Handover>(
  serve: (handover: Handover) => Promise<Serving>,
  handover: Handover,
  explain: (error: unknown) => string,
): Promise<Serving> {
  try {
    const server = await serve(handover);
    tell({ type: 'listening', port: server.port });
    tellSockets(server.httpServer);
    return server;
  } catch (error) {
    return fail(explain(error));
  }
}

/** Tells the primary why, and ends. */
function fail(reason: string): Promise<never> {
  tell({ type: 'failed', reason }, () => process.exit(1));
  return new Promise(() => undefined);
}

async function measure(server: Serving, id: number): Promise<void> {
  tell({ type: 'measured', id, metrics: await server.measure() });
}

function tellSockets(httpServer: Server): void {
  let told = 0;
  setInterval(() => {
    httpServer.getConnections((_, count) => {
      if (count !== told) tell({ type: 'sockets', count });
      told = count;
    });
  }, SOCKETS_MS).unref();
}

function tell(message: FromWorker, told = () => {}): void {
  if (process.connected) process.send?.(message, undefined, undefined, told);
  else told();
}
