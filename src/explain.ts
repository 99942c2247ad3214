import { EnvError } from './config/env';
import { DatabaseNotDurableError } from './database/durability';
import { EmbeddedPostgresError } from './database/embedded-postgres/embedded-postgres';
import { DatabaseUnreachableError } from './database/migrate';
import { WorkersFailedError } from './workers/worker-pool';

/** What a person can set right is told in its one sentence, everything else with its stack. */
export function explain(error: unknown): string {
  if (
    error instanceof EnvError ||
    error instanceof EmbeddedPostgresError ||
    error instanceof DatabaseNotDurableError ||
    error instanceof DatabaseUnreachableError ||
    error instanceof WorkersFailedError
  ) {
    return toSentence(error.message);
  }
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return 'HOST is no address of this machine: set it to one, or leave it out to listen on all.';
  }
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken: stop what listens there, or set PORT to another one.`;
  if (code === 'EACCES' && port)
    return `Port ${port} may not be used by this user: set PORT to one above 1023.`;
  return error.stack ?? error.message;
}

function toSentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith('.') ? '' : '.');
}
