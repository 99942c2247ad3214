import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { Env } from '../config/env';

const LEVELS: LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];
const COUNT: Record<Env['logLevel'], number> = {
  silent: 0,
  fatal: 1,
  error: 2,
  warn: 3,
  info: 4,
  debug: 5,
  trace: 6,
};

/** Lines for people in development, a JSON object a line in production. */
export function createLogger({ production, logLevel }: Pick<Env, 'production' | 'logLevel'>): ConsoleLogger {
  return new ConsoleLogger('Parley', {
    json: production,
    logLevels: LEVELS.slice(0, COUNT[logLevel]),
    timestamp: false,
  });
}
