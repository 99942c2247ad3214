import { applyDecorators } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { ErrorCode } from '@parley/protocol';

export const ERROR_CODES_EXTENSION = 'x-error-codes';

/** The errors of this route's own; the OpenAPI document makes responses of them, by status. */
export function ApiErrors(...codes: ErrorCode[]): MethodDecorator {
  return applyDecorators(ApiExtension(ERROR_CODES_EXTENSION, codes));
}
