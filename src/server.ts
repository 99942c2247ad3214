import { once } from 'node:events';
import type { Server } from 'node:http';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module';
import { setUpApp } from './app.setup';
import { Draining } from './common/draining';
import { createLogger } from './common/logger';
import type { Env } from './config/env';
import type { DatabaseConnection } from './database/data-source-options';
import { Metrics } from './metrics/metrics';
import { readTls, reloadTls } from './tls';
import type { Serving } from './workers/run-worker';

/** What it takes to serve, in whichever process. */
export interface Orders {
  env: Env;
  /** Reached and migrated. */
  database: DatabaseConnection;
}

/** Sockets that the operating system keeps until they are taken, or as many as it allows; Node's 511 soon overrun. */
const BACKLOG = 65_535;

/** Starts the application, listening; nothing of it is left when it cannot. */
export async function startServer({ env, database }: Orders): Promise<Serving> {
  const logger = createLogger(env);
  Logger.overrideLogger(logger);
  const tls = env.tls && readTls(env.tls);
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(env, database), {
    logger,
    bodyParser: false,
    abortOnError: false,
    forceCloseConnections: true,
    ...(tls && { httpsOptions: tls }),
  });
  const metrics = app.get(Metrics);
  if (env.metrics) metrics.ofProcess();
  try {
    setUpApp(app);
    await app.init();
    await listen(app.getHttpServer(), env);
  } catch (error) {
    await app.close().catch(() => undefined);
    throw error;
  }
  const httpServer = app.getHttpServer();
  return {
    httpServer,
    port: (httpServer.address() as { port: number }).port,
    reloadTls: () => reloadTls(httpServer, env.tls, new Logger('TLS')),
    measure: () => metrics.snapshot(),
    close: async () => {
      // Closing stops what follows other processes; what is under way still needs that.
      await app.get(Draining).run();
      await app.close();
    },
  };
}

async function listen(server: Server, { port, host }: Env): Promise<void> {
  server.listen({ port, host, backlog: BACKLOG });
  await once(server, 'listening');
}
