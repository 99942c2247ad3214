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

/** Parts of Nest that list every module, route and event at start: of use to who debugs only. */
const TALKATIVE = [
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'WebSocketsController',
].concat('NestApplication');

class ParleyLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context === 'string' && TALKATIVE.includes(context)) this.debug(message, ...rest);
    else super.log(message, ...rest);
  }

  // What goes wrong at the start is told by main in one sentence.
  override error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) === 'NestApplication') this.debug(message, ...rest);
    else super.error(message, ...rest);
  }
}

/** Lines for people in development, a JSON object a line in production. */
export function createLogger({ production, logLevel }: Pick<Env, 'production' | 'logLevel'>): ConsoleLogger {
  return new ParleyLogger('Parley', { json: production, logLevels: LEVELS.slice(0, COUNT[logLevel]) });
}
