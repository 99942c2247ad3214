import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { toDomainError } from './to-domain-error';

/** Answers every failed REST request with `{error: {code, message, retryable, details?}}`. */
@Catch()
export class RestErrorFilter implements ExceptionFilter {
  catch(thrown: unknown, host: ArgumentsHost): void {
    const error = toDomainError(thrown);
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (error.retryable) response.setHeader('Retry-After', '1');
    response.status(error.status).json({ error: error.toBody() });
  }
}
