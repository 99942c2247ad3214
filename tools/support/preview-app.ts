import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from '../../src/app.module';
import { readEnv } from '../../src/config/env';

/** The application to be looked at: nothing is started, and no database is needed. */
export async function previewApp(): Promise<NestExpressApplication> {
  const env = readEnv({ NODE_ENV: 'test', DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot(env, { url: env.databaseUrl ?? '' }),
    { preview: true, logger: ['error'], abortOnError: false },
  );
  app.setGlobalPrefix('v1', { exclude: ['health/live', 'health/ready'] });
  return app;
}
