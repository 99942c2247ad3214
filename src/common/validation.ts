import { ValidationPipe } from '@nestjs/common';
import { ERRORS, type ErrorCode } from '@parley/protocol';
import type { ValidationError } from 'class-validator';
import { DomainError } from './domain-error';

/** Holds every REST body and frame against its DTO; unknown properties are refused, not dropped. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
    exceptionFactory: toError,
  });
}

function toError(errors: ValidationError[]): DomainError {
  const fields: Record<string, string[]> = {};
  let code: ErrorCode = 'payload_invalid';
  const visit = (list: ValidationError[], prefix: string) => {
    for (const error of list) {
      const path = prefix + error.property;
      if (error.constraints) fields[path] = Object.values(error.constraints);
      const own = Object.values(error.contexts ?? {}).find(
        (context): context is { code: ErrorCode } => 'code' in context,
      );
      if (own) code = own.code;
      visit(error.children ?? [], `${path}.`);
    }
  };
  visit(errors, '');
  return new DomainError(code, ERRORS[code].message, { fields });
}
